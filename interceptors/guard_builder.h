// Puts a Guard's parts together from the configuration's files; the start-up half of
// interceptors/guard.
#ifndef WARDEN_INTERCEPTORS_GUARD_BUILDER_H_
#define WARDEN_INTERCEPTORS_GUARD_BUILDER_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/config/problem.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"
#include "interceptors/peer_rules.h"

namespace warden {

class Introspector;

// A method as the transport registers it.
struct ServedMethod {
  std::string name;  // "/orders.v1.OrderService/GetOrder"
  bool streams_requests = false;
  bool parses_messages = true;  // false where the handler takes and gives raw bytes
};

// Each adds what is wrong to `problems` and then returns null or nothing of use.
// Of every port: those of ports without a name, and then those of `ports`.
std::vector<std::shared_ptr<PeerRules>> MakePeerRules(const LoadedConfig& config,
                                                      ProblemList* problems);

// Null without a problem where no authorization server is configured.
std::shared_ptr<Introspector> MakeIntrospector(const LoadedConfig& config, ProblemList* problems);

// Resolves and compiles the annotations of every method, all but what depends on the policy.
std::deque<GuardedMethod> CompileMethods(const std::vector<ServedMethod>& served,
                                         ProblemList* problems);

// Adds the shape that each method asks for, or the configuration's. Those of `served` and `methods`
// are the same, in the same order.
void ResolveShapes(const LoadedConfig& config, const std::vector<ServedMethod>& served,
                   std::deque<GuardedMethod>* methods, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_BUILDER_H_
