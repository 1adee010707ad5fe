// Which of the ids that a caller sends with a call are taken over.
#ifndef WARDEN_INTERCEPTORS_CALL_IDS_H_
#define WARDEN_INTERCEPTORS_CALL_IDS_H_

#include <vector>

#include "authz/config/problem.h"
#include "authz/identity/name_pattern.h"
#include "interceptors/call.h"
#include "interceptors/config.h"

namespace warden {

// Immutable once made, thread-safe.
class CallIds {
 public:
  CallIds() = default;
  // Adds what is wrong with `request.trusted_id_peers` to `problems`.
  CallIds(const LoadedConfig& config, ProblemList* problems);

  // Takes the trace that the call names, and the request id where the connection's peer is trusted
  // with that: a proxy, where one ended TLS. One entry each, of the right form; the call keeps its
  // own id otherwise. After the stage that identifies the peer, while the transport's views live.
  void TakeOver(Call& call) const {
    if (call.transport.traceparent_entries != 0 || call.transport.request_id_entries != 0) {
      TakeOverSome(call);
    }
  }

 private:
  void TakeOverSome(Call& call) const;
  bool Trusts(const Call& call) const;

  std::vector<SpiffePattern> trusted_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_CALL_IDS_H_
