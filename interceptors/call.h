// The facts of one RPC, filled stage by stage.
#ifndef WARDEN_INTERCEPTORS_CALL_H_
#define WARDEN_INTERCEPTORS_CALL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/apikey/verified_api_key.h"
#include "authz/identity/identity_verifier.h"
#include "authz/identity/peer.h"
#include "authz/principal.h"
#include "authz/token/verified_token.h"
#include "interceptors/limits/concurrency.h"
#include "interceptors/limits/stream_quota.h"
#include "interceptors/observe/decision_record.h"
#include "interceptors/observe/request_id.h"
#include "interceptors/observe/trace_context.h"
#include "interceptors/reason.h"

namespace warden {

struct GuardedMethod;
struct LimitSet;
class Pending;
class PolicySnapshot;
struct SignedCall;

// What few calls want to know of their connection. Valid as long as Transport's views.
class ConnectionSource : public ChainSource {
 public:
  // The name that ServerBuilder::AddListeningPort was given; "" where none was.
  virtual std::string_view ReadPort() const = 0;
  // The call's `:authority`.
  virtual std::string_view ReadAuthority() const = 0;
};

// What the transport knows of a call. Views are valid until the stages before the body have run to
// their end.
struct Transport {
  std::string_view peer_certificate_pem;  // "" where the connection has none
  std::string_view authorization;         // the first entry of that name
  int authorization_entries = 0;
  std::string_view forwarded_client_cert;  // the first entry of `x-forwarded-client-cert`
  int forwarded_entries = 0;
  std::string_view api_key;  // the first `x-api-key` entry; never to be shown
  int api_key_entries = 0;
  std::string_view signature;  // the first `x-request-signature` entry
  int signature_entries = 0;
  std::string_view request_id;  // the first `x-request-id` entry
  int request_id_entries = 0;
  std::string_view traceparent;  // likewise
  int traceparent_entries = 0;
  size_t metadata_bytes = 0;  // all keys and values
  const ConnectionSource* connection = nullptr;
};

// Where a call's peer address comes from. Few calls need it, and it costs an allocation.
class AddressSource {
 public:
  virtual ~AddressSource() = default;
  virtual std::string Read() const = 0;  // without port: "10.0.0.7"
};

// What is to be recorded of a call besides how it was decided.
struct CallNote {
  DecisionEvent event = DecisionEvent::kObserved;
  Reason reason = Reason::kOk;  // kObserved: why the call would have been refused
  bool would_allow = false;     // kShadowDifference: what the shadow policy says
  bool allowed = true;          // by the stage
  std::string_view stage;
  std::string detail;      // for the operator
  std::string_view label;  // kAnomaly, kHiddenError, kResponse: which, static
};

// Of the limit that is nearest to its end: what the answer's trailers say.
struct ShownLimit {
  const Limit* limit = nullptr;  // one of the call's `limits`
  uint32_t remaining = 0;
  absl::Duration reset_after;
};

// One thread at a time touches a Call: the one that runs the stages, then the handler's.
struct Call {
  const GuardedMethod* method = nullptr;
  absl::Time now;               // wall clock, when the call arrived
  int64_t monotonic_ns = 0;     // steady clock, likewise
  std::optional<RequestId> id;  // made by Warden when the call began, or taken over from the peer
  std::optional<TraceContext> trace;  // of the call's `traceparent`, where that is well-formed

  // The version of the limits that judges the call from its begin to its end, of streams too. Kept
  // by `held_limits`, which is null where limits cannot change: they are the guard's then.
  const LimitSet* limits = nullptr;
  std::shared_ptr<const LimitSet> held_limits;

  Transport transport;
  std::string_view unknown_method;  // the path of a call to no method of ours; as long as transport
  const AddressSource* address_source = nullptr;  // outlives the call

  std::shared_ptr<const Peer> peer;
  std::shared_ptr<const VerifiedToken> token;     // null where the call carries none
  std::shared_ptr<const VerifiedApiKey> api_key;  // likewise
  bool peer_counts = true;  // whether the method's `authn` lets the peer's certificate count
  // The version of the policy that decides the call, from `principal` on; null again once the call
  // was let through.
  std::shared_ptr<const PolicySnapshot> policy;
  std::shared_ptr<const Principal> principal;
  std::shared_ptr<const SignedCall>
      signature;                // until the body was there; null where none is asked
  std::vector<CallNote> notes;  // to be recorded and taken away after the stage

  size_t request_bytes = 0;               // of the unparsed body; 0 for streams of requests
  InFlightPlace in_flight;                // held until the call ends
  std::unique_ptr<StreamUse> stream_use;  // of a stream with a quota, once it was let through
  std::optional<ShownLimit> shown_limit;  // what its answer is to say of limits

  size_t next_stage = 0;             // of the chain, where it goes on
  std::shared_ptr<Pending> pending;  // what the call waits for; null where it does not
  // Whether the call can wait without holding a thread. What must not hold one refuses it else.
  bool may_wait = false;
  bool waiting() const { return pending != nullptr; }

  std::string_view request_id() const { return id.has_value() ? id->view() : std::string_view(); }
  std::string_view trace_id() const {
    return trace.has_value() ? trace->trace_id() : std::string_view();
  }
  // Of the peer, without port; read when it is first asked for.
  std::string_view Address() {
    if (address_.empty() && address_source != nullptr) address_ = address_source->Read();
    return address_;
  }

 private:
  std::string address_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_CALL_H_
