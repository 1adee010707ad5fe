#include "interceptors/abuse/abuse_control.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/token/verified_token.h"
#include "interceptors/abuse/block_file.h"
#include "interceptors/revocation/background.h"
#include "interceptors/revocation/operator_log.h"
#include "interceptors/steady.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/abuse/shared_blocks.h"
#endif

namespace warden {

#ifndef WARDEN_WITH_REDIS
// Never made.
class SharedBlocks {
 public:
  void Start() {}
  absl::StatusOr<Block> Add(const Block& block) { return block; }
  absl::Status Lift(const BlockKey&) { return absl::OkStatus(); }
  void Push(const Block&) {}
  int64_t last_sync_ns() const { return 0; }
  uint64_t failures() const { return 0; }
  uint64_t dropped() const { return 0; }
};
#endif

namespace {

constexpr absl::Duration kFileInterval = absl::Milliseconds(250);
constexpr absl::Duration kSweepInterval = absl::Seconds(10);

#ifdef WARDEN_WITH_REDIS
SharedBlocksOptions OptionsOf(const AbuseSettings& settings) {
  const SharedBlocksSettings& shared = *settings.shared;
  SharedBlocksOptions options;
  options.redis = shared.redis;
  options.key_prefix = shared.key_prefix;
  options.max_entries = settings.max_entries;
  options.poll_interval = shared.poll_interval;
  return options;
}
#endif

}  // namespace

std::string_view PeerValue(const Peer& peer) {
  return peer.spiffe_id.empty() ? peer.certificate_sha256 : peer.spiffe_id;
}

std::optional<std::string> PrincipalValueOf(const Principal& principal) {
  if (principal.token() == nullptr && principal.api_key() == nullptr) return std::nullopt;
  const bool token = principal.token() != nullptr;
  absl::StatusOr<BlockKey> key = token ? PrincipalKey(principal.issuer(), principal.subject())
                                       : PrincipalKey("", principal.api_key()->subject());
  if (!key.ok()) return std::nullopt;
  return std::move(key->value);
}

AbuseControl::AbuseControl(AbuseSettings settings, std::function<absl::Time()> clock)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      list_(settings_.max_entries),
      penalties_(settings_.penalties) {}

AbuseControl::~AbuseControl() = default;

std::unique_ptr<AbuseControl> AbuseControl::Create(const LoadedConfig& config,
                                                   std::function<absl::Time()> clock,
                                                   ProblemList* problems) {
  const size_t before = problems->size();
  std::optional<AbuseSettings> settings = ReadAbuseSettings(config, problems);
  if (!settings.has_value() || problems->size() != before) return nullptr;
  std::unique_ptr<AbuseControl> control(new AbuseControl(*std::move(settings), std::move(clock)));
  const std::string& path = control->settings_.block_file;
  if (path.empty()) return control;
  control->file_ = std::make_unique<BlockFile>(path, &control->list_);
  const absl::Status status = control->file_->Load(control->Now());
  if (status.ok()) return control;
  problems->AddAt(config.places, "abuse.block_file",
                  absl::IsNotFound(status)
                      ? absl::StrCat(path, ": there is no such file; an empty list is `blocks: []`")
                      : std::string(status.message()));
  return nullptr;
}

void AbuseControl::Start(std::function<void(bool)> reloaded) {
  reloaded_ = std::move(reloaded);
  if (penalties_.enabled()) delays_ = std::make_unique<DelayLine>(settings_.max_delayed);
#ifdef WARDEN_WITH_REDIS
  if (settings_.shared.has_value()) {
    shared_ = std::make_unique<SharedBlocks>(
        OptionsOf(settings_), &list_,
        [this](const BlockKey& key) { penalties_.Forget(key.kind, key.value); });
    shared_->Start();
  }
#endif
  thread_ = std::make_unique<Background>(kFileInterval, [this] { return Tick(); });
}

absl::Duration AbuseControl::Tick() {
  const absl::Time now = Now();
  if (file_ != nullptr) {
    file_->Poll(now, [this](const absl::Status& status) {
      if (reloaded_) reloaded_(status.ok());
      if (!status.ok()) {
        LogForOperator(absl::StrCat("abuse: the last good block list stays: ", status.message()));
      }
    });
  }
  if (now >= next_sweep_ || next_sweep_ - now > kSweepInterval) {  // or the clock went back
    list_.DropExpired(now);
    next_sweep_ = now + kSweepInterval;
  }
  return file_ != nullptr ? kFileInterval : kSweepInterval;
}

void AbuseControl::StopDelays() {
  if (delays_ != nullptr) delays_->Stop();
}

absl::StatusOr<Block> AbuseControl::Add(const Block& block) {
  if (shared_ != nullptr) return shared_->Add(block);
  if (absl::Status status = list_.Add(BlockSource::kLocal, block); !status.ok()) return status;
  return list_.Get(BlockSource::kLocal, block.key).value_or(block);
}

absl::Status AbuseControl::Lift(const BlockKey& key) {
  absl::Status status;
  if (shared_ != nullptr) {
    status = shared_->Lift(key);
  } else if (list_.Remove(BlockSource::kLocal, key)) {
    penalties_.Forget(key.kind, key.value);
  } else {
    status = absl::NotFoundError("no such block");
  }
  if (!status.ok() && !absl::IsNotFound(status)) return status;
  if (!list_.Get(BlockSource::kFile, key).has_value()) return status;
  return absl::FailedPreconditionError("it stands in the server's block_file");
}

AbuseCounts AbuseControl::counts() const {
  AbuseCounts counts;
  for (size_t i = 0; i < kBlockKinds; ++i) {
    counts.blocked[i] = blocked_[i].load(std::memory_order_relaxed);
    counts.penalties[i] = made_[i].load(std::memory_order_relaxed);
  }
  for (size_t i = 0; i < kFailureKinds; ++i) {
    counts.failures[i] = failures_[i].load(std::memory_order_relaxed);
  }
  counts.delays = delayed_.load(std::memory_order_relaxed);
  counts.delays_refused = delays_refused_.load(std::memory_order_relaxed);
  counts.observed = observed_.load(std::memory_order_relaxed);
  counts.unshared = unkept_.load(std::memory_order_relaxed);
  if (shared_ == nullptr) return counts;
  counts.unshared += shared_->dropped();
  counts.sync_failures = shared_->failures();
  const int64_t last = shared_->last_sync_ns();
  counts.sync_age_seconds = last == std::numeric_limits<int64_t>::min()
                                ? std::numeric_limits<double>::infinity()
                                : static_cast<double>(SteadyNanos() - last) / 1e9;
  return counts;
}

}  // namespace warden
