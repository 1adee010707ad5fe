// What was decided about one call, for those who watch.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_DECISION_RECORD_H_
#define WARDEN_INTERCEPTORS_OBSERVE_DECISION_RECORD_H_

#include <string_view>

#include "absl/time/time.h"

namespace warden {

enum class DecisionEvent {
  kRefusal,           // the call was refused, or ended early
  kBreakGlass,        // it was allowed, and only because of a break-glass role
  kShadowDifference,  // the shadow policy would have decided otherwise
  kObserved,          // a limit or rule would have refused it, and is only watched
  kHiddenError,       // the handler's error was kept from the client, `detail` has it
  kResponse,          // something was wrong with the handler's answer
  kBlock,             // the caller is blocked from now on, for its failures
  kAnomaly,           // what looks like an attack; once in a window of time for each caller
};

// snake_case, for logs: "refusal", "break_glass", ...
std::string_view ToString(DecisionEvent event);

// The views must live during DecisionSink::Record only. All but `reason` and `stage` may hold bytes
// that a caller chose; a sink must make them harmless before showing them. None holds a secret.
struct DecisionRecord {
  absl::Time time;
  DecisionEvent event = DecisionEvent::kRefusal;
  bool allowed = false;  // of kBreakGlass and kObserved always, so far; kResponse: it was sent
  std::string_view request_id;
  std::string_view trace_id;   // of the caller's `traceparent`; "" without one
  std::string_view method;     // "/shop.v1.Orders/CreateOrder"
  std::string_view peer;       // Peer::name(); "" without certificate
  std::string_view address;    // the peer's, as gRPC gives it
  std::string_view principal;  // the caller's name; "" if not known (yet)
  // The metric label, "permission_denied"; "break_glass"; "would_allow" or "would_deny" of a shadow
  // policy; "blocked" of kBlock; which one, of kAnomaly.
  std::string_view reason;
  std::string_view stage;   // where it was decided
  std::string_view detail;  // for the operator, never for the client
  std::string_view policy;  // the version that decided, its SHA-256; "" if none did (yet)
};

class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  // Asked once for each refusal, before a record of it is made; where false, none is. Lets a sink
  // that is flooded leave the work undone. Thread-safe and quick.
  virtual bool Wants(absl::Time now) {
    (void)now;
    return true;
  }
  // The same for shadow differences and observed refusals, which may be as many as calls. Those of
  // break-glass roles are recorded unasked.
  virtual bool WantsNote(absl::Time now) { return Wants(now); }
  // Called by many threads at once, before the call is answered: must be thread-safe and quick.
  virtual void Record(const DecisionRecord& record) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_DECISION_RECORD_H_
