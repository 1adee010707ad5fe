// What a Guard does about callers who fail too often, and about what looks like an attack.
#include <utility>

#include "interceptors/abuse/abuse_control.h"
#include "interceptors/abuse/abuse_metrics.h"
#include "interceptors/anomalies/anomaly_detector.h"
#include "interceptors/guard.h"
#include "interceptors/limit_set.h"
#include "interceptors/stages/block_check.h"
#include "interceptors/stages/caller_watch.h"
#include "interceptors/stages/limit_check.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

// What of a Guard charges a failure to the limits that count failures.
struct FailureCharge {
  LimitCheck& check;

  void operator()(Call& call) const noexcept {
    if (call.method == nullptr) return;
    if (!CountFailures(LimitsOf(call)) && !CountFailures(call.limits->connection)) return;
    try {
      const int64_t now_ns = SteadyNanos();  // a call may have waited, and a stream have gone on
      check.ChargeFailure(call.limits->connection, MethodInKey::kMethod, now_ns, call);
      check.ChargeFailure(LimitsOf(call), MethodInKey::kNothing, now_ns, call);
    } catch (...) {
      // What fails here must not change what is answered.
    }
  }
};

}  // namespace

void Guard::MakeAbuse(const LoadedConfig& config, ProblemList* problems) {
  abuse_ = AbuseControl::Create(
      config, [clock = clock_] { return clock ? clock() : absl::Now(); }, problems);
  anomalies_ = AnomalyDetector::Create(config, abuse_.get(), problems);
}

void Guard::StartAbuse() {
  if (anomalies_ != nullptr) {
    metrics_->AddFamilies([anomalies = anomalies_.get()] { return anomalies->Families(); });
  }
  if (abuse_ == nullptr) return;
  metrics_->AddFamilies([abuse = abuse_.get()] { return AbuseFamilies(*abuse); });
  abuse_->Start([metrics = metrics_](bool ok) {
    metrics->RecordReload(ReloadedFile::kBlocks, ok, absl::Now());
  });
}

void Guard::WatchCallers(std::vector<std::unique_ptr<Stage>>* stages) {
  for (std::unique_ptr<Stage>& stage : *stages) {
    if (anomalies_ != nullptr && anomalies_->watches_tokens() && stage->name() == "principal") {
      stage = std::make_unique<CallerWatch>(std::move(stage), anomalies_.get());
    }
    const auto check = [&](std::string_view name, BlockKind kind) {
      if (abuse_ == nullptr || stage->name() != name) return;
      stage = std::make_unique<BlockCheck>(std::move(stage), kind, abuse_);
    };
    check("admission", BlockKind::kAddress);
    check("identity", BlockKind::kPeer);
    check("principal", BlockKind::kPrincipal);
  }
}

void Guard::OnRefusal(Call& call, Reason reason) {
  const FailureKind kind = FailureKindOf(reason);
  if (kind != FailureKind::kNone) FailureCharge{*limits_}(call);
  try {
    if (anomalies_ != nullptr) anomalies_->OnRefused(call, reason);
    if (abuse_ != nullptr && kind != FailureKind::kNone) abuse_->Count(call, kind);
  } catch (...) {
    // What fails here must not turn a refusal into anything else.
  }
  if (!call.notes.empty()) RecordNotes(call);
}

void Guard::OnHandlerStatus(const Call& call, int code) {
  if (code < 0 || code > 31 || (call.method->failure_codes >> code & 1) == 0) return;
  Call failed = FactsOf(call);  // another thread may be ending the call
  FailureCharge{*limits_}(failed);
  if (abuse_ == nullptr) return;
  try {
    abuse_->Count(failed, FailureKind::kHandler);
  } catch (...) {
    // The handler's answer goes out as it is.
  }
  if (!failed.notes.empty()) RecordNotes(failed);
}

void Guard::StopDelays() {
  if (abuse_ != nullptr) abuse_->StopDelays();
}

}  // namespace warden
