// A world with the service of limits, and counts of what its handlers did.
#ifndef WARDEN_TESTS_E2E_LIMITS_WORLD_H_
#define WARDEN_TESTS_E2E_LIMITS_WORLD_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/key_world.h"
#include "tests/e2e/limited_service.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/limits.grpc.pb.h"

namespace warden::testing {

inline constexpr char kLimitsPolicy[] = R"(
roles:
  caller: {permissions: [probe.call]}
  admin: {permissions: [probe.call, probe.admin, probe.audit]}
  nobody: {permissions: [limited.never]}
bindings:
  - {roles: [caller], claim: {path: roles, values: [caller]}}
)";

inline const Refused kTooManyAtOnce = {grpc::StatusCode::RESOURCE_EXHAUSTED, "CONCURRENCY_LIMITED",
                                       "concurrency_limited"};
inline const Refused kTooOften = {grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED",
                                  "connection_limited"};

inline std::string LimitedMethod(const std::string& name) {
  return "/warden.testing.v1.Limited/" + name;
}

class LimitsWorldTest : public ::testing::TestWithParam<Api> {
 protected:
  // `files` are written beside the configuration.
  void Start(const std::string& config = "",
             const std::vector<std::pair<std::string, std::string>>& files = {}) {
    world_.reset();  // before the service that it has
    service_ = MakeLimited(GetParam(), &calls_);
    world_ = std::make_unique<KeyWorld>(WorldOptions{
        .api = GetParam(),
        .policy = kLimitsPolicy,
        .extra_config = config,
        .customize = [this](ServerBuilder& builder) { builder.RegisterService(service_.get()); }});
    for (const auto& [name, text] : files) world_->Write(name, text);
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void TearDown() override { calls_.Release(); }

  std::string Caller(const std::string& name, const nlohmann::json& org = nullptr) {
    return world_->Token(name, {"caller"}, [&](nlohmann::json& claims) {
      if (!org.is_null()) claims["org"]["id"] = org;
    });
  }
  RawCall Call(const std::string& method, const std::string& token,
               const std::string& body = "") const {
    RawCall call = World::Call("", token, body);
    call.method = LimitedMethod(method);
    return call;
  }
  Answer Send(const std::string& method, const std::string& token, const std::string& body = "") {
    return Perform(world_->channel(), Call(method, token, body));
  }
  // How many of so many calls were let through; the others must have been refused by a limit.
  int Admitted(int times, const std::string& method, const std::string& token,
               const std::string& body = "") {
    const int before = calls_.runs;
    int admitted = 0;
    for (int i = 0; i < times; ++i) {
      const Answer answer = Send(method, token, body);
      if (answer.ok()) ++admitted;
      if (!answer.ok()) {
        EXPECT_EQ(answer.reason, "RATE_LIMITED") << answer.text;
      }
    }
    EXPECT_EQ(calls_.runs - before, admitted) << "handlers ran for what was let through, no more";
    return admitted;
  }
  double Decisions(const std::string& method, const std::string& reason) const {
    return world_->Metrics()["warden_decisions_total{method=\"" + LimitedMethod(method) +
                             "\",reason=\"" + reason + "\"}"];
  }
  // Every call has ended on the server, too.
  bool Idle() const {
    return Eventually([&] { return world_->Metrics()["warden_calls_in_flight"] == 0; });
  }
  // Tokens that were judged, whatever came of it.
  double Judged() const {
    double sum = 0;
    for (const auto& [name, value] : world_->Metrics()) {
      if (absl::StartsWith(name, "warden_tokens_verified_total")) sum += value;
    }
    return sum;
  }
  void ExpectRefused(const std::string& method, const Answer& answer, const Refused& as) {
    EXPECT_EQ(answer.code, as.code);
    EXPECT_EQ(answer.reason, as.reason) << answer.text;
    EXPECT_GE(Decisions(method, as.label), 1);
  }

  LimitedCalls calls_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<KeyWorld> world_;
};

inline std::string Sized(int size) {
  v1::LimitedRequest request;
  request.mutable_page()->set_size(size);
  return request.SerializeAsString();
}

inline std::string OfBytes(size_t bytes) {
  v1::LimitedRequest request;
  request.set_text(std::string(bytes, 'x'));
  while (request.ByteSizeLong() > bytes) request.mutable_text()->pop_back();
  return request.SerializeAsString();
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_LIMITS_WORLD_H_
