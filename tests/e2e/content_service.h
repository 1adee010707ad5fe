// A service that answers with what its handlers were given, on both of gRPC's server APIs.
#ifndef WARDEN_TESTS_E2E_CONTENT_SERVICE_H_
#define WARDEN_TESTS_E2E_CONTENT_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>

#include "tests/e2e/probe_service.h"

namespace warden::testing {

// warden.testing.v1.Contents. `delivered` counts requests, each message of a stream. REQUIRES: it
// outlives the service.
std::unique_ptr<grpc::Service> MakeContents(Api api, std::atomic<int>* delivered);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_CONTENT_SERVICE_H_
