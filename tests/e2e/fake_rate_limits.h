// A rate limit service of another make, for tests.
#ifndef WARDEN_TESTS_E2E_FAKE_RATE_LIMITS_H_
#define WARDEN_TESTS_E2E_FAKE_RATE_LIMITS_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/service/ratelimit/v3/rls.grpc.pb.h"

namespace warden::testing {

using envoy::service::ratelimit::v3::RateLimitRequest;
using envoy::service::ratelimit::v3::RateLimitResponse;

// A rate limit service as others have it, on a port of its own that it keeps. Thread-safe, but for
// Start and Stop.
class FakeService final : public envoy::service::ratelimit::v3::RateLimitService::Service {
 public:
  using Handler = std::function<void(const RateLimitRequest&, RateLimitResponse*)>;

  explicit FakeService(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials())
      : credentials_(std::move(credentials)) {
    AnswerWith(RateLimitResponse::OK);
    Start();
  }
  ~FakeService() override { Stop(); }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), credentials_, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) throw std::runtime_error("no rate limit service");
  }
  void Stop() {
    Hold(false);
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  int port() const { return port_; }

  void Answer(Handler handler) {
    const std::lock_guard<std::mutex> lock(mutex_);
    handler_ = std::move(handler);
  }
  void AnswerWith(RateLimitResponse::Code code) {
    Answer([code](const RateLimitRequest&, RateLimitResponse* response) {
      response->set_overall_code(code);
    });
  }
  // While it holds, no answer is given.
  void Hold(bool hold) {
    const std::lock_guard<std::mutex> lock(mutex_);
    hold_ = hold;
    changed_.notify_all();
  }
  std::vector<RateLimitRequest> TakeAsked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(asked_, {});
  }
  std::string peer_identity() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return peer_identity_;
  }

  grpc::Status ShouldRateLimit(grpc::ServerContext* context, const RateLimitRequest* request,
                               RateLimitResponse* response) final {
    std::unique_lock<std::mutex> lock(mutex_);
    asked_.push_back(*request);
    const auto identity = context->auth_context()->GetPeerIdentity();
    peer_identity_ = identity.empty() ? "" : std::string(identity[0].data(), identity[0].size());
    changed_.wait(lock, [&] { return !hold_; });
    handler_(*request, response);
    return grpc::Status::OK;
  }

 private:
  const std::shared_ptr<grpc::ServerCredentials> credentials_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_ = false;
  Handler handler_;
  std::vector<RateLimitRequest> asked_;
  std::string peer_identity_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_FAKE_RATE_LIMITS_H_
