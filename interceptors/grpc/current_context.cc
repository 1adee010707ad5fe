#include "interceptors/grpc/current_context.h"

#include <utility>

namespace warden {
namespace {

thread_local grpc::ServerContextBase* current = nullptr;

}  // namespace

void SetCurrentContext(grpc::ServerContextBase* context) { current = context; }

grpc::ServerContextBase* TakeCurrentContext() { return std::exchange(current, nullptr); }

}  // namespace warden
