// A token that somebody else is asked about while the call waits.
#ifndef WARDEN_INTERCEPTORS_PENDING_TOKEN_H_
#define WARDEN_INTERCEPTORS_PENDING_TOKEN_H_

#include "authz/token/verifier.h"
#include "interceptors/pending.h"

namespace warden {

// Thread-safe. Who asks keeps it by shared_ptr, as does who answers.
class PendingToken final : public Pending {
 public:
  // The answer; exactly once. Runs what Then was given, on this thread.
  void Finish(TokenResult result);

  // The answer; once, after Then's function was called or Wait returned.
  TokenResult Take();

 private:
  TokenResult result_;  // written before the wait ends, read after it
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PENDING_TOKEN_H_
