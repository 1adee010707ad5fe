// Which decisions the audit log has, and what of each call.
#ifndef WARDEN_INTERCEPTORS_AUDIT_TRAIL_H_
#define WARDEN_INTERCEPTORS_AUDIT_TRAIL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "authz/config/problem.h"
#include "interceptors/audit/audit_log.h"
#include "interceptors/call.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"
#include "interceptors/refusal.h"

namespace warden {

// Thread-safe once started.
class AuditTrail {
 public:
  // Null without a problem where no audit log is configured. Checks and locks its file.
  static std::unique_ptr<AuditTrail> Create(const LoadedConfig& config,
                                            const std::deque<GuardedMethod>& methods,
                                            ProblemList* problems);

  // Writes the log's opening record; an error keeps the server from starting. Once.
  absl::Status Start();

  // A call that is about to be let through; its policy and principal are still there. False where
  // it could not be recorded and must not go on.
  bool Allowed(Call& call) noexcept;
  // A call that is refused, or with stage "stream", ended before its time.
  void Denied(Call& call, const Refusal& refusal, std::string_view stage) noexcept;
  // What else is recorded of a call. `reason` is of static storage.
  void Noted(Call& call, const CallNote& note, std::string_view reason) noexcept;

  AuditLog& log() { return *log_; }

 private:
  enum class Keep : uint8_t { kAll, kSampled, kNone };

  AuditTrail() = default;
  void ChooseMethods(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                     ProblemList* problems);

  std::string place_;             // of the configuration's `audit`
  std::vector<Keep> keep_;        // allowed calls, by method id
  uint32_t sample_one_in_ = 100;  // of kSampled
  std::unique_ptr<AuditLog> log_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_TRAIL_H_
