// The service under guard in the end-to-end tests, on both of gRPC's server APIs.
#ifndef WARDEN_TESTS_E2E_PROBE_SERVICE_H_
#define WARDEN_TESTS_E2E_PROBE_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>

namespace warden::testing {

enum class Api { kSync, kCallback };

// Every handler counts itself in `runs` before anything else. REQUIRES: `runs` outlives the
// service.
std::unique_ptr<grpc::Service> MakeProbe(Api api, std::atomic<int>* runs);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_PROBE_SERVICE_H_
