// Eighth stage: how often, and how many at once.
#ifndef WARDEN_INTERCEPTORS_STAGES_RATE_LIMIT_H_
#define WARDEN_INTERCEPTORS_STAGES_RATE_LIMIT_H_

#include <memory>
#include <utility>

#include "interceptors/stage.h"
#include "interceptors/stages/limit_check.h"

namespace warden {

// Finds the call a place among those in flight, and charges the limits of its method and caller.
class RateLimitStage final : public Stage {
 public:
  explicit RateLimitStage(std::shared_ptr<LimitCheck> limits) : limits_(std::move(limits)) {}
  std::string_view name() const override { return "rate_limit"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  std::optional<Refusal> Enter(Call& call);

  const std::shared_ptr<LimitCheck> limits_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_RATE_LIMIT_H_
