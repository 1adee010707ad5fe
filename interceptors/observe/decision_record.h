// What was decided about one call, for those who watch.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_DECISION_RECORD_H_
#define WARDEN_INTERCEPTORS_OBSERVE_DECISION_RECORD_H_

#include <string_view>

#include "absl/time/time.h"

namespace warden {

// The views must live during DecisionSink::Record only. All but `reason` and `stage` may hold bytes
// that a caller chose; a sink must make them harmless before showing them. None holds a secret.
struct DecisionRecord {
  absl::Time time;
  bool allowed = false;
  std::string_view request_id;
  std::string_view method;     // "/shop.v1.Orders/CreateOrder"
  std::string_view peer;       // Peer::name(); "" without certificate
  std::string_view address;    // the peer's, as gRPC gives it
  std::string_view principal;  // the caller's name; "" if not known (yet)
  std::string_view reason;     // the metric label: "permission_missing"
  std::string_view stage;      // where it was decided
  std::string_view detail;     // for the operator, never for the client
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
  // Called by many threads at once, before the call is answered: must be thread-safe and quick.
  virtual void Record(const DecisionRecord& record) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_DECISION_RECORD_H_
