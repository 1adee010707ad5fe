#include "interceptors/grpc/caller.h"

#include "interceptors/grpc/call_registry.h"

namespace warden {

std::shared_ptr<const Principal> CallerOf(const grpc::ServerContextBase* context) {
  const std::shared_ptr<CallState> state = CallRegistry::Instance().Find(context);
  if (state != nullptr && state->call.principal != nullptr) return state->call.principal;
  return Principal::Anonymous();
}

std::string RequestIdOf(const grpc::ServerContextBase* context) {
  const std::shared_ptr<CallState> state = CallRegistry::Instance().Find(context);
  return state == nullptr ? std::string() : std::string(state->call.request_id());
}

std::string TraceIdOf(const grpc::ServerContextBase* context) {
  const std::shared_ptr<CallState> state = CallRegistry::Instance().Find(context);
  return state == nullptr ? std::string() : std::string(state->call.trace_id());
}

}  // namespace warden
