// A token that somebody else is asked about while the call waits.
#ifndef WARDEN_INTERCEPTORS_PENDING_TOKEN_H_
#define WARDEN_INTERCEPTORS_PENDING_TOKEN_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "authz/token/verifier.h"

namespace warden {

// Thread-safe. Who asks keeps it by shared_ptr, as does who answers.
class PendingToken {
 public:
  // The answer; exactly once. Runs what Then was given, on this thread.
  void Finish(TokenResult result);

  // What to do with the answer: at most once, and not together with Wait. Runs at once, on this
  // thread, where the answer is there already. It must be quick and not throw.
  void Then(std::function<void()> then);

  // Blocks until the answer is there.
  void Wait();

  // The answer; once, after Then's function was called or Wait returned.
  TokenResult Take();

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<TokenResult> result_;
  std::function<void()> then_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PENDING_TOKEN_H_
