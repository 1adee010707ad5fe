// One method of the server with everything that its annotations ask for, resolved and compiled at
// start-up.
#ifndef WARDEN_INTERCEPTORS_GUARDED_METHOD_H_
#define WARDEN_INTERCEPTORS_GUARDED_METHOD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authz/policy/access.h"
#include "authz/policy/authn.h"
#include "google/protobuf/descriptor.h"
#include "interceptors/limits/concurrency.h"
#include "interceptors/limits/limit.h"
#include "interceptors/limits/stream_quota.h"
#include "interceptors/normalize/normalizer.h"
#include "interceptors/response_checks.h"
#include "interceptors/rights/field_rights.h"
#include "interceptors/rules/program.h"
#include "interceptors/shape/request_shape.h"

namespace warden {

// Immutable once the server has started.
struct GuardedMethod {
  std::string name;  // "/orders.v1.OrderService/GetOrder"
  uint32_t id = 0;   // dense, from 0: indexes metrics and limits
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  bool streams_requests = false;  // client- or bidirectional streaming, as registered
  bool streams = false;           // in either direction
  MethodAccess access;            // what the annotation asks; PolicySnapshot has the rule
  MethodAuthn authn;              // the method's own, or the configuration's
  std::shared_ptr<const StepUpRule> step_up;        // null where none is asked for
  std::vector<Limit> limits;                        // all must let a call pass
  bool charges_body = false;                        // one of them charges by what the body says
  std::shared_ptr<ConcurrencyLimiter> concurrency;  // null where any number may be in flight
  std::shared_ptr<const StreamQuota> stream_quota;  // null where a stream may take anything
  std::shared_ptr<const Program> request_rules;     // null where the request has none
  std::shared_ptr<const Normalizer> normalizer;     // null where no string has a form to be in
  std::shared_ptr<const RequestShape> shape;        // null where none is asked for
  uint32_t failure_codes = 0;  // of the handler that are its caller's failures, a bit for each
  // Which fields callers may set in the request, and see in the response; null where any.
  std::shared_ptr<const FieldRights> writable;
  std::shared_ptr<const FieldRights> readable;
  ResponseChecks response;  // what else is looked for in what the handler answers

  // Whether each request of a stream is to be judged.
  bool checks_stream() const {
    return streams_requests && (request_rules != nullptr || writable != nullptr ||
                                shape != nullptr || normalizer != nullptr || counts_messages());
  }
  bool counts_messages() const {
    return stream_quota != nullptr && stream_quota->counts_messages();
  }
  bool looks_at_messages() const {
    return checks_stream() || readable != nullptr || response.look_at_messages();
  }
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARDED_METHOD_H_
