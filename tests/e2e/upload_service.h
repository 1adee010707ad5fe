// A service that streams requests with rules, on both of gRPC's server APIs, which remembers what
// it was given.
#ifndef WARDEN_TESTS_E2E_UPLOAD_SERVICE_H_
#define WARDEN_TESTS_E2E_UPLOAD_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>

#include "tests/e2e/probe_service.h"

namespace warden::testing {

// Of all its handlers.
struct Uploaded {
  std::atomic<int> begun{0};
  std::atomic<int> delivered{0};   // messages that a read gave
  std::atomic<int> invalid{0};     // those of them that break the rules
  std::atomic<int> committed{0};   // streams that looked as if they had come to their end
  std::atomic<int> cancelled{0};   // streams whose read failed while IsCancelled()
  std::atomic<int> left_over{0};   // failed reads that left something in the message
  std::atomic<int> read_again{0};  // reads after a failed one that gave a message
  std::atomic<int> unfinished{0};  // handlers that have not ended
};

// warden.testing.v1.Uploads. REQUIRES: `uploaded` outlives the service.
std::unique_ptr<grpc::Service> MakeUploads(Api api, Uploaded* uploaded);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_UPLOAD_SERVICE_H_
