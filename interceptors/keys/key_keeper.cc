#include "interceptors/keys/key_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "interceptors/monotonic.h"

namespace warden {
namespace {

// A machine that slept is noticed within this time.
constexpr absl::Duration kLongestWait = absl::Seconds(30);

}  // namespace

KeyKeeper::KeyKeeper(std::vector<KeptIssuer> issuers, std::unique_ptr<HttpClient> client,
                     std::function<void(const std::string&)> report)
    : alarm_(std::make_shared<KeyAlarm>(issuers.size())),
      report_(std::move(report)),
      random_(std::random_device()()),
      client_(std::move(client)) {
  for (KeptIssuer& issuer : issuers) {
    issuers_.push_back({.name = issuer.name,
                        .source = std::move(issuer.source),
                        .schedule = KeySchedule(issuer.schedule)});
    issuers_.back().status.issuer = std::move(issuer.name);
  }
}

KeyKeeper::~KeyKeeper() {
  stopping_ = true;
  alarm_->Wake();
  if (thread_.joinable()) thread_.join();
  client_.reset();  // which ends the fetches
}

std::vector<absl::StatusOr<std::shared_ptr<const KeySet>>> KeyKeeper::FetchFirst() {
  std::vector<KeySource*> sources;
  {
    MutexLock lock(&mutex_);
    for (Issuer& issuer : issuers_) {
      issuer.schedule.Began(MonotonicNow());
      sources.push_back(issuer.source.get());
    }
  }
  std::vector<absl::StatusOr<FetchedKeys>> fetched(sources.size());
  absl::BlockingCounter left(static_cast<int>(sources.size()));
  for (size_t i = 0; i < sources.size(); ++i) {
    sources[i]->Fetch([&fetched, &left, i](absl::StatusOr<FetchedKeys> result) {
      fetched[i] = std::move(result);
      left.DecrementCount();
    });
  }
  left.Wait();
  MutexLock lock(&mutex_);
  std::vector<absl::StatusOr<std::shared_ptr<const KeySet>>> keys;
  for (size_t i = 0; i < sources.size(); ++i) {
    Issuer& issuer = issuers_[i];
    if (!fetched[i].ok()) {
      Fail(issuer, fetched[i].status());
      keys.emplace_back(fetched[i].status());
      continue;
    }
    issuer.keys = fetched[i]->keys;
    issuer.in_use = true;
    issuer.schedule.Succeeded(MonotonicNow(), fetched[i]->freshness, Random());
    ++issuer.status.updated;
    keys.emplace_back(issuer.keys);
  }
  return keys;
}

void KeyKeeper::Keep(std::shared_ptr<const TokenVerifier> verifier,
                     std::shared_ptr<TokenCache> cache) {
  {
    MutexLock lock(&mutex_);
    verifier_ = std::move(verifier);
    cache_ = std::move(cache);
  }
  thread_ = std::thread([this] { Run(); });
}

void KeyKeeper::Run() {
  while (!stopping_) alarm_->Wait(std::min(RunOnce(), kLongestWait));
}

absl::Duration KeyKeeper::RunOnce() {
  const absl::Time now = MonotonicNow();
  absl::Time next = absl::InfiniteFuture();
  std::vector<size_t> due;
  {
    MutexLock lock(&mutex_);
    for (size_t i = 0; i < issuers_.size(); ++i) {
      Issuer& issuer = issuers_[i];
      if (issuer.in_use) {
        if (issuer.schedule.TooOld(now)) {
          Drop(issuer, i);
        } else {
          next = std::min(next, issuer.schedule.end());
        }
      }
      if (issuer.fetching) continue;
      if (alarm_->Asked(i)) issuer.schedule.OnUnknownKey();
      if (issuer.schedule.due() <= now) {
        issuer.fetching = true;
        issuer.schedule.Began(now);
        due.push_back(i);
      } else {
        next = std::min(next, issuer.schedule.due());
      }
    }
  }
  for (const size_t issuer : due) Fetch(issuer);
  // Rounded up, so as not to wake a moment too early.
  return next - now + absl::Milliseconds(1);
}

void KeyKeeper::Fetch(size_t issuer) {
  KeySource* source = nullptr;
  {
    MutexLock lock(&mutex_);
    source = issuers_[issuer].source.get();
  }
  source->Fetch([this, issuer](absl::StatusOr<FetchedKeys> fetched) {
    OnFetched(issuer, std::move(fetched));
  });
}

void KeyKeeper::OnFetched(size_t index, absl::StatusOr<FetchedKeys> fetched) {
  if (stopping_) return;
  std::function<void(bool)> on_reload;
  bool good = false;
  {
    MutexLock lock(&mutex_);
    Issuer& issuer = issuers_[index];
    issuer.fetching = false;
    const bool updated = fetched.ok() && fetched->keys != nullptr;
    const absl::Status status =
        fetched.ok() ? Take(issuer, index, std::move(fetched->keys)) : fetched.status();
    if (status.ok()) {
      issuer.schedule.Succeeded(MonotonicNow(), fetched->freshness, Random());
      ++(updated ? issuer.status.updated : issuer.status.unchanged);
      if (!issuer.reported.empty()) {
        report_(absl::StrCat("the keys of issuer ", issuer.name, " could be fetched again"));
        issuer.reported.clear();
      }
    } else {
      Fail(issuer, status);
    }
    good = status.ok();
    if (updated || !good) on_reload = on_reload_;
    // Who asked meanwhile is answered by what has come.
    alarm_->Clear(index);
  }
  alarm_->Wake();
  if (on_reload) on_reload(good);  // without the lock: metrics have one of their own
}

// With null the last good keys are taken into use again, where they are not.
absl::Status KeyKeeper::Take(Issuer& issuer, size_t index, std::shared_ptr<const KeySet> keys) {
  if (keys == nullptr) keys = issuer.keys;
  if (keys == issuer.keys && issuer.in_use) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<const TokenVerifier>> verifier = verifier_->WithKeys(index, keys);
  if (!verifier.ok()) {
    issuer.source->Forget();
    return verifier.status();
  }
  verifier_ = *std::move(verifier);
  cache_->ReplaceKeys(verifier_);
  issuer.keys = std::move(keys);
  issuer.in_use = true;
  return absl::OkStatus();
}

void KeyKeeper::Fail(Issuer& issuer, const absl::Status& status) {
  issuer.schedule.Failed(MonotonicNow(), Random());
  ++issuer.status.failed;
  std::string message(status.message());
  if (message == issuer.reported) return;
  report_(absl::StrCat("the keys of issuer ", issuer.name, " could not be fetched: ", message,
                       issuer.in_use ? "; those of before go on to be used" : ""));
  issuer.reported = std::move(message);
}

void KeyKeeper::Drop(Issuer& issuer, size_t index) {
  absl::StatusOr<std::shared_ptr<const TokenVerifier>> verifier =
      verifier_->WithKeys(index, nullptr);
  if (!verifier.ok()) return;  // there always is such an issuer
  verifier_ = *std::move(verifier);
  cache_->ReplaceKeys(verifier_);
  issuer.in_use = false;
  report_(absl::StrCat("the keys of issuer ", issuer.name,
                       " are too old: its tokens are refused until newer ones can be fetched"));
}

double KeyKeeper::Random() { return std::uniform_real_distribution<double>(0, 1)(random_); }

std::vector<KeyStatus> KeyKeeper::Status() const {
  const absl::Time now = MonotonicNow();
  MutexLock lock(&mutex_);
  std::vector<KeyStatus> all;
  for (const Issuer& issuer : issuers_) {
    KeyStatus& status = all.emplace_back(issuer.status);
    status.age = issuer.schedule.Age(now);
    if (issuer.in_use) status.keys = issuer.keys->keys().size();
  }
  return all;
}

void KeyKeeper::OnReload(std::function<void(bool)> listener) {
  MutexLock lock(&mutex_);
  on_reload_ = std::move(listener);
}

}  // namespace warden
