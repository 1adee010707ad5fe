// What a Guard's own parts tell of their health.
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "interceptors/health/health_metrics.h"
#include "interceptors/introspection/introspector.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

// An issuer's keys are dropped when they get older than its `max_age`, and its tokens refused. One
// of several issuers must not take the server away from the callers of the others.
HealthFinding FindKeySets(const KeyKeeper& keys) {
  const std::vector<KeyStatus> issuers = keys.Status();
  HealthFinding found;
  size_t without = 0;
  for (const KeyStatus& issuer : issuers) {
    const char* const separator = found.detail.empty() ? "" : "; ";
    if (issuer.keys == 0) {
      ++without;
      absl::StrAppend(&found.detail, separator, issuer.issuer, ": no keys");
    } else if (issuer.age.has_value()) {
      absl::StrAppend(&found.detail, separator, issuer.issuer, ": keys of ",
                      absl::ToInt64Seconds(*issuer.age), " s ago");
    }
  }
  if (without > 0) {
    found.state = without == issuers.size() ? HealthState::kFailed : HealthState::kDegraded;
  }
  return found;
}

HealthFinding FindRevocations(const RevocationControl& control) {
  const int64_t now = SteadyNanos();
  if (!control.Stats(now).outage) return {};
  if (control.MustRefuse(now)) {
    return {HealthState::kFailed,
            "the shared list is out of reach, and by on_outage calls with "
            "credentials are refused"};
  }
  return {HealthState::kDegraded,
          "the shared list is out of reach; what was known last is enforced"};
}

HealthFinding FindReload(const Metrics& metrics, ReloadedFile file) {
  if (metrics.last_reload_ok(file)) return {};
  return {HealthState::kDegraded,
          "a changed file cannot be used; the last good one stays in force"};
}

// All files but those that have a check of their own.
HealthFinding FindFiles(const Metrics& metrics) {
  HealthFinding found;
  for (size_t i = 0; i < kReloadedFiles; ++i) {
    const auto file = static_cast<ReloadedFile>(i);
    if (file == ReloadedFile::kPolicy || file == ReloadedFile::kApiKeys) continue;
    if (metrics.last_reload_ok(file)) continue;
    found.state = HealthState::kDegraded;
    absl::StrAppend(&found.detail, found.detail.empty() ? "" : ", ",
                    std::string(Metrics::FileLabel(file)));
  }
  if (!found.detail.empty()) found.detail += ": the last good content is used";
  return found;
}

}  // namespace

void Guard::WatchHealth() {
  health_->Add("policy", [this] { return FindReload(*metrics_, ReloadedFile::kPolicy); });
  health_->Add("files", [this] { return FindFiles(*metrics_); });
  if (keys_ != nullptr) {
    health_->Add("key_sets", [this] { return FindKeySets(*keys_); });
  }
  if (revocation_->shared()) {
    health_->Add("revocations", [this] { return FindRevocations(*revocation_); });
  }
  if (api_keys_ != nullptr) {
    health_->Add("api_keys", [this] { return FindReload(*metrics_, ReloadedFile::kApiKeys); });
  }
  if (introspector_ != nullptr) {
    health_->Add("introspection", [this]() -> HealthFinding {
      if (!introspector_->breaker_open()) return {};
      return {HealthState::kDegraded, "the authorization server does not answer"};
    });
  }
  if (signatures_ != nullptr && signatures_->store() != nullptr) {
    health_->Add("signatures", [this]() -> HealthFinding {
      if (signatures_->store()->up()) return {};
      return {HealthState::kDegraded,
              "the shared store of nonces does not answer; signed calls are refused"};
    });
  }
  if (audit_ != nullptr) {
    health_->Add("audit", [this]() -> HealthFinding {
      if (!audit_->log().stats().failing.load(std::memory_order_relaxed)) return {};
      if (!audit_->log().holds_calls()) {
        return {HealthState::kDegraded, "the audit log cannot be written; records may be lost"};
      }
      return {HealthState::kFailed,
              "the audit log cannot be written, and calls do not go on without"};
    });
  }
  metrics_->AddFamilies([health = health_] { return HealthFamilies(health->Report()); });
}

absl::StatusOr<AccessMatrix> Guard::AccessOfRoles() const {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const GuardedMethod& method : methods_) methods.push_back(method.descriptor);
  return MakeAccessMatrix(methods, policies_->live()->shared_policy());
}

}  // namespace warden
