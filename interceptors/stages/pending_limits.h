// A call's limits while a shared store is asked for some of them.
#ifndef WARDEN_INTERCEPTORS_STAGES_PENDING_LIMITS_H_
#define WARDEN_INTERCEPTORS_STAGES_PENDING_LIMITS_H_

#include <memory>
#include <utility>

#include "interceptors/call.h"
#include "interceptors/limits/shared/shared_store.h"
#include "interceptors/pending_answer.h"
#include "interceptors/stages/limit_check.h"

namespace warden {

class PendingLimits final : public PendingAnswer<SharedLimitStore::Answer> {
 public:
  PendingLimits(const LimitAsks& here, const LimitAsks& shared)
      : PendingAnswer(absl::UnavailableError("not asked")), here_(here), shared_(shared) {}

  const LimitAsks& here() const { return here_; }
  LimitAsks& shared() { return shared_; }

 private:
  const LimitAsks here_;
  LimitAsks shared_;
};

// What JudgeBoth left; the stage that made the call wait is the one that is run again.
inline std::shared_ptr<PendingLimits> TakePendingLimits(Call* call) {
  return std::static_pointer_cast<PendingLimits>(std::exchange(call->pending, nullptr));
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_PENDING_LIMITS_H_
