// Seventh stage: how often.
#ifndef WARDEN_INTERCEPTORS_STAGES_RATE_LIMIT_H_
#define WARDEN_INTERCEPTORS_STAGES_RATE_LIMIT_H_

#include <memory>

#include "interceptors/limits/rate_limiter.h"
#include "interceptors/stage.h"

namespace warden {

class Metrics;

// Takes a token from the bucket of the method and the caller, where the method has a limit.
class RateLimitStage final : public Stage {
 public:
  // `metrics` must outlive the stage. With `observe`, a call that comes too soon is charged and
  // noted, and goes on.
  RateLimitStage(std::shared_ptr<RateLimiter> limiter, bool observe, Metrics* metrics);
  std::string_view name() const override { return "rate_limit"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const std::shared_ptr<RateLimiter> limiter_;
  const bool observe_;
  Metrics* const metrics_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_RATE_LIMIT_H_
