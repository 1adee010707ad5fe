// warden.testing.v1.ServiceLimited, on both of gRPC's server APIs.
#ifndef WARDEN_TESTS_E2E_SERVICE_LIMITED_H_
#define WARDEN_TESTS_E2E_SERVICE_LIMITED_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>

#include "tests/e2e/probe_service.h"

namespace warden::testing {

// Adds to `runs` for each call that a handler sees. REQUIRES: `runs` outlives the service.
std::unique_ptr<grpc::Service> MakeServiceLimited(Api api, std::atomic<int>* runs);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_SERVICE_LIMITED_H_
