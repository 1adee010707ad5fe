// One method of the server with everything that its annotations ask for, resolved and compiled at
// start-up.
#ifndef WARDEN_INTERCEPTORS_GUARDED_METHOD_H_
#define WARDEN_INTERCEPTORS_GUARDED_METHOD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "authz/policy/access.h"
#include "authz/policy/authn.h"
#include "google/protobuf/descriptor.h"
#include "interceptors/limits/limit_spec.h"
#include "interceptors/rights/field_rights.h"
#include "interceptors/rules/program.h"

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
  std::shared_ptr<const StepUpRule> step_up;  // null where none is asked for
  std::optional<LimitSpec> limit;
  uint32_t failure_codes = 0;  // of the handler that are its caller's failures, a bit for each
  std::shared_ptr<const Program> request_rules;  // null where the request has none
  // Which fields callers may set in the request, and see in the response; null where any.
  std::shared_ptr<const FieldRights> writable;
  std::shared_ptr<const FieldRights> readable;

  // Whether each request of a stream is to be judged.
  bool checks_stream() const {
    return streams_requests && (request_rules != nullptr || writable != nullptr);
  }
  bool looks_at_messages() const { return checks_stream() || readable != nullptr; }
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARDED_METHOD_H_
