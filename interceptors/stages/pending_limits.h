// A call's limits while a shared store is asked for some of them.
#ifndef WARDEN_INTERCEPTORS_STAGES_PENDING_LIMITS_H_
#define WARDEN_INTERCEPTORS_STAGES_PENDING_LIMITS_H_

#include <atomic>
#include <memory>
#include <utility>

#include "interceptors/call.h"
#include "interceptors/limits/shared/shared_store.h"
#include "interceptors/pending.h"
#include "interceptors/stages/limit_check.h"

namespace warden {

// Finish is called once, by any thread; the rest belongs to who runs the call's stages.
class PendingLimits final : public Pending {
 public:
  PendingLimits(const LimitAsks& here, const LimitAsks& shared) : here_(here), shared_(shared) {}

  void Finish(SharedLimitStore::Answer answer) {
    answer_ = std::move(answer);
    finished_.store(true, std::memory_order_release);
    End();
  }
  bool finished() const { return finished_.load(std::memory_order_acquire); }

  // REQUIRES: it was finished.
  const SharedLimitStore::Answer& answer() const { return answer_; }
  const LimitAsks& here() const { return here_; }
  LimitAsks& shared() { return shared_; }

 private:
  const LimitAsks here_;
  LimitAsks shared_;
  SharedLimitStore::Answer answer_ = absl::UnavailableError("not asked");
  std::atomic<bool> finished_{false};
};

// What JudgeBoth left; the stage that made the call wait is the one that is run again.
inline std::shared_ptr<PendingLimits> TakePendingLimits(Call* call) {
  return std::static_pointer_cast<PendingLimits>(std::exchange(call->pending, nullptr));
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_PENDING_LIMITS_H_
