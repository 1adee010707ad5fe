#include "interceptors/api_key_watch.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/observe/sanitize.h"
#include "interceptors/problem_lines.h"

namespace warden {
namespace {

constexpr size_t kMaxReportBytes = 2048;

absl::Duration IntervalOf(const v1::ApiKeysConfig& config) {
  return DurationOr(config.has_reload_interval(), config.reload_interval(), absl::Seconds(5));
}

}  // namespace

LoadedApiKeys LoadApiKeys(const LoadedConfig& config, ProblemList* problems) {
  if (!config.config.has_api_keys()) return {};
  const v1::ApiKeysConfig& settings = config.config.api_keys();
  absl::StatusOr<std::shared_ptr<const ApiKeyHasher>> hasher =
      ApiKeyHasher::FromFile(ResolveFile(config, settings.hash_secret_file()));
  if (!hasher.ok()) {
    AddLines(config.places.Place("api_keys.hash_secret_file"), hasher.status(), problems);
    return {};
  }
  const bool in_file = settings.sqlite_file().empty();
  LoadedApiKeys keys;
  keys.source = in_file
                    ? ApiKeySource::File(ResolveFile(config, settings.file()), *hasher)
                    : ApiKeySource::Sqlite(ResolveFile(config, settings.sqlite_file()), *hasher);
  const absl::StatusOr<std::shared_ptr<const ApiKeySet>> set = keys.source->Load(nullptr);
  if (!set.ok()) {
    AddLines(config.places.Place(in_file ? "api_keys.file" : "api_keys.sqlite_file"), set.status(),
             problems);
    return {};
  }
  keys.store = std::make_shared<ApiKeyStore>(*set);
  return keys;
}

std::unique_ptr<ApiKeyWatch> ApiKeyWatch::Start(const LoadedConfig& config, LoadedApiKeys keys,
                                                std::shared_ptr<Metrics> metrics) {
  if (keys.source == nullptr || keys.store == nullptr) return nullptr;
  return std::unique_ptr<ApiKeyWatch>(
      new ApiKeyWatch(IntervalOf(config.config.api_keys()), std::move(keys), std::move(metrics)));
}

ApiKeyWatch::ApiKeyWatch(absl::Duration interval, LoadedApiKeys keys,
                         std::shared_ptr<Metrics> metrics)
    : interval_(interval),
      keys_(std::move(keys)),
      metrics_(std::move(metrics)),
      thread_([this] { Run(); }) {}

ApiKeyWatch::~ApiKeyWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  SaveLastUses();
}

void ApiKeyWatch::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, absl::ToChronoNanoseconds(interval_), [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    Look();
    lock.lock();
  }
}

void ApiKeyWatch::Look() {
  const std::shared_ptr<const ApiKeySet> before = keys_.store->current();
  const absl::StatusOr<std::shared_ptr<const ApiKeySet>> set = keys_.source->Load(before.get());
  if (!set.ok()) {
    metrics_->RecordReload(ReloadedFile::kApiKeys, false, absl::Now());
    Report(set.status());
  } else if (*set != nullptr) {
    keys_.store->Replace(*set);
    metrics_->RecordReload(ReloadedFile::kApiKeys, true, absl::Now());
    reported_.clear();
  }
  SaveLastUses();
}

void ApiKeyWatch::SaveLastUses() {
  const absl::Status saved = keys_.source->SaveLastUses(*keys_.store->current());
  if (!saved.ok()) Report(saved);
}

void ApiKeyWatch::Report(const absl::Status& status) {
  const absl::string_view message = status.message();
  const std::string text = Sanitize({message.data(), message.size()}, kMaxReportBytes);
  if (text == reported_) return;
  reported_ = text;
  std::fputs(absl::StrCat("warden: API keys: ", text, "\n").c_str(), stderr);
}

}  // namespace warden
