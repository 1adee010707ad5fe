// A call that waits for one answer.
#ifndef WARDEN_INTERCEPTORS_PENDING_ANSWER_H_
#define WARDEN_INTERCEPTORS_PENDING_ANSWER_H_

#include <atomic>
#include <utility>

#include "interceptors/pending.h"

namespace warden {

// Finish is called once, by any thread; the rest belongs to who runs the call's stages.
template <typename Answer>
class PendingAnswer : public Pending {
 public:
  explicit PendingAnswer(Answer unasked) : answer_(std::move(unasked)) {}

  void Finish(Answer answer) {
    answer_ = std::move(answer);
    finished_.store(true, std::memory_order_release);
    End();
  }
  bool finished() const { return finished_.load(std::memory_order_acquire); }

  // REQUIRES: it was finished, or never asked for.
  const Answer& answer() const { return answer_; }

 private:
  Answer answer_;
  std::atomic<bool> finished_{false};
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PENDING_ANSWER_H_
