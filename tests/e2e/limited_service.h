// Services with every kind of limit, on both of gRPC's server APIs.
#ifndef WARDEN_TESTS_E2E_LIMITED_SERVICE_H_
#define WARDEN_TESTS_E2E_LIMITED_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "tests/e2e/probe_service.h"

namespace warden::testing {

// What its handlers did. Thread-safe.
class LimitedCalls {
 public:
  std::atomic<int> runs{0};
  std::atomic<int> messages{0};  // that reads of streams gave

  // Handlers of Hold wait here for Release.
  void Hold(std::function<void()> then);
  void Wait();
  // Lets all go that wait.
  void Release();
  int waiting() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;
};

// warden.testing.v1.Limited. REQUIRES: `calls` outlives the service.
std::unique_ptr<grpc::Service> MakeLimited(Api api, LimitedCalls* calls);

// warden.testing.v1.SharedLimited. Likewise.
std::unique_ptr<grpc::Service> MakeSharedLimited(Api api, LimitedCalls* calls);

// warden.testing.v1.ServiceLimited. Likewise.
std::unique_ptr<grpc::Service> MakeServiceLimited(Api api, LimitedCalls* calls);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_LIMITED_SERVICE_H_
