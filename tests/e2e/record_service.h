// A service that answers with what it was sent, on both of gRPC's server APIs.
#ifndef WARDEN_TESTS_E2E_RECORD_SERVICE_H_
#define WARDEN_TESTS_E2E_RECORD_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>

#include "tests/e2e/probe_service.h"

namespace warden::testing {

// Of all its handlers.
struct Recorded {
  std::atomic<int> delivered{0};  // requests, each message of a stream
  std::atomic<int> changed{0};    // the handler's own message was another one after it was sent
};

// warden.testing.v1.Records. REQUIRES: `recorded` outlives the service.
std::unique_ptr<grpc::Service> MakeRecords(Api api, Recorded* recorded);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_RECORD_SERVICE_H_
