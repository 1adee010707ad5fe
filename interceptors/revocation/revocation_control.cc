#include "interceptors/revocation/revocation_control.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/guard_redis.h"
#include "interceptors/revocation/operator_log.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/revocation/shared_list.h"
#endif

namespace warden {

#ifndef WARDEN_WITH_REDIS
// Never made.
class SharedList final : public RevocationStore {
 public:
  void Start() {}
  int64_t last_sync_ns() const { return 0; }
  uint64_t failures() const { return 0; }
  uint64_t rollbacks() const { return 0; }
};
#endif

namespace {

constexpr char kRedis[] = "revocation.redis";
constexpr size_t kDefaultMaxEntries = 1'000'000;
constexpr absl::Duration kFileInterval = absl::Milliseconds(250);
constexpr absl::Duration kSweepInterval = absl::Seconds(10);

size_t MaxEntries(const v1::RevocationConfig& settings) {
  return settings.max_entries() == 0 ? kDefaultMaxEntries : settings.max_entries();
}

absl::Duration OutageGrace(const v1::RevocationConfig& settings) {
  return DurationOr(settings.has_outage_grace(), settings.outage_grace(), absl::Seconds(5));
}

}  // namespace

RevocationControl::RevocationControl(std::string file, size_t max_entries)
    : list_(max_entries), local_(file, &list_), watches_file_(!file.empty()) {}

RevocationControl::~RevocationControl() = default;

std::unique_ptr<RevocationControl> RevocationControl::Create(const LoadedConfig& config,
                                                             absl::Time now,
                                                             ProblemList* problems) {
  const v1::RevocationConfig& settings = config.config.revocation();
  const std::string file = settings.file().empty() ? "" : ResolveFile(config, settings.file());
  std::unique_ptr<RevocationControl> control(new RevocationControl(file, MaxEntries(settings)));
  control->fail_open_ = settings.on_outage() == v1::RevocationConfig::FAIL_OPEN;
  bool good = true;
  if (const absl::Status status = control->local_.Load(now); !status.ok()) {
    problems->AddAt(
        config.places, "revocation.file",
        absl::IsNotFound(status)
            ? absl::StrCat(file, ": there is no such file; an empty list is `revocations: []`")
            : std::string(status.message()));
    good = false;
  }
  if (settings.has_redis() && !control->ConfigureShared(config, problems)) good = false;
  if (!good) return nullptr;
  return control;
}

bool RevocationControl::ConfigureShared(const LoadedConfig& config, ProblemList* problems) {
#ifdef WARDEN_WITH_REDIS
  const v1::RevocationConfig& settings = config.config.revocation();
  const size_t before = problems->size();
  SharedListOptions options;
  options.redis = ReadSingleRedis(config, settings.redis(), kRedis, problems);
  options.poll_interval =
      ReadPollInterval(config, settings.redis(), kRedis, options.poll_interval, problems);
  if (OutageGrace(settings) < 2 * options.poll_interval) {
    problems->AddAt(config.places, "revocation.outage_grace",
                    "must be at least twice revocation.redis.poll_interval");
  }
  if (problems->size() != before) return false;
  options.key_prefix = KeyPrefix(settings.redis());
  options.max_entries = MaxEntries(settings);
  grace_ns_ = absl::ToInt64Nanoseconds(OutageGrace(settings));
  shared_ = std::make_unique<SharedList>(std::move(options), &list_);
  return true;
#else
  AddNoRedis(config, kRedis, problems);
  return false;
#endif
}

void RevocationControl::Start(std::function<void(bool)> reloaded) {
  reloaded_ = std::move(reloaded);
  if (shared_ != nullptr) shared_->Start();
  thread_ = std::make_unique<Background>(kFileInterval, [this] { return Tick(); });
}

absl::Duration RevocationControl::Tick() {
  const absl::Time now = absl::Now();
  local_.Poll(now, [this](const absl::Status& status) {
    if (reloaded_) reloaded_(status.ok());
    if (!status.ok()) {
      LogForOperator(absl::StrCat("revocation: the last good list stays: ", status.message()));
    }
  });
  if (now >= next_sweep_ || next_sweep_ - now > kSweepInterval) {  // or the clock went back
    list_.DropExpired(now);
    next_sweep_ = now + kSweepInterval;
  }
  return watches_file_ ? kFileInterval : kSweepInterval;
}

RevocationStore& RevocationControl::store() {
  if (shared_ != nullptr) return *shared_;
  return local_;
}

bool RevocationControl::InOutage(int64_t steady_ns) const {
  if (shared_ == nullptr) return false;
  const int64_t last = shared_->last_sync_ns();
  return last == std::numeric_limits<int64_t>::min() || steady_ns - last > grace_ns_;
}

SharedListStats RevocationControl::Stats(int64_t steady_ns) const {
  if (shared_ == nullptr) return {};
  SharedListStats stats = {.failures = shared_->failures(),
                           .rollbacks = shared_->rollbacks(),
                           .outage = InOutage(steady_ns)};
  const int64_t last = shared_->last_sync_ns();
  stats.age_seconds = last == std::numeric_limits<int64_t>::min()
                          ? std::numeric_limits<double>::infinity()
                          : static_cast<double>(steady_ns - last) / 1e9;
  return stats;
}

}  // namespace warden
