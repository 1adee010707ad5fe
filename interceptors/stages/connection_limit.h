// Third stage: how often, by the connection alone, before any signature is verified.
#ifndef WARDEN_INTERCEPTORS_STAGES_CONNECTION_LIMIT_H_
#define WARDEN_INTERCEPTORS_STAGES_CONNECTION_LIMIT_H_

#include <memory>
#include <utility>

#include "interceptors/guarded_method.h"
#include "interceptors/limit_set.h"
#include "interceptors/stage.h"
#include "interceptors/stages/limit_check.h"

namespace warden {

// Charges the configuration's limits.connection, and asks whether the caller failed too often.
class ConnectionLimitStage final : public Stage {
 public:
  explicit ConnectionLimitStage(std::shared_ptr<LimitCheck> check) : check_(std::move(check)) {}
  std::string_view name() const override { return "connection_limit"; }
  std::optional<Refusal> Run(Call& call) override {
    if (!call.limits->connection.empty()) {
      std::optional<Refusal> refusal = check_->OfConnection(call);
      if (refusal.has_value()) return refusal;
    }
    if (call.method->limits.empty()) return std::nullopt;
    return check_->OfFailures(call);
  }

 private:
  const std::shared_ptr<LimitCheck> check_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_CONNECTION_LIMIT_H_
