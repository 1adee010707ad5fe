// Certificates that are replaced while calls are made: none fails, and what is half replaced is not
// used.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"

namespace warden::testing {
namespace {

// A connection of its own that trusts this authority to name the server.
std::shared_ptr<grpc::Channel> Connect(int port, const std::string& roots,
                                       const Certificate& identity) {
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = roots;
  ssl.pem_private_key = identity.private_key_pem;
  ssl.pem_cert_chain = identity.certificate_pem;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(ssl),
                                   arguments);
}

class RotationTest : public ::testing::TestWithParam<Api> {
 protected:
  RotationTest() : world_({.api = GetParam()}) {
    EXPECT_TRUE(world_.Start().ok());
    call_ = World::Call("Unary", world_.Token("alice", {"caller"}));
    both_ = world_.authority().certificate_pem() + next_.certificate_pem();
  }

  Certificate NewServerCertificate(absl::Duration validity = absl::Hours(24)) const {
    CertificateSpec spec;
    spec.common_name = "localhost";
    spec.ip_sans = {"127.0.0.1"};
    spec.not_after = absl::Now() + validity;
    return next_.Issue(spec);
  }
  bool CanCall(const std::string& roots, const Certificate& identity) const {
    return Perform(Connect(world_.port(), roots, identity), call_).ok();
  }
  double Reloads(const std::string& result) const {
    return world_.Metrics()["warden_reloads_total{file=\"certificate\",result=\"" + result + "\"}"];
  }

  // Calls all the time from here on, over one connection for each of two threads, and over a new
  // one for each call of two others.
  void StartLoad() {
    for (int i = 0; i < 4; ++i) {
      threads_.emplace_back([this, fresh = i >= 2] {
        const Certificate identity = world_.Identity("spiffe://probe.test/client");
        auto channel = Connect(world_.port(), both_, identity);
        while (!stop_) {
          if (fresh) channel = Connect(world_.port(), both_, identity);
          const Answer answer = Perform(channel, call_);
          ++(answer.ok() ? good_ : bad_);
          if (!answer.ok()) ADD_FAILURE() << answer.text;
        }
      });
    }
  }
  void AwaitMoreCalls() {
    const int until = good_ + 40;
    EXPECT_TRUE(Eventually([&] { return good_ + bad_ > until; }));
  }
  void StopLoad() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(bad_, 0);
    EXPECT_GT(good_, 40);
  }

  World world_;
  const CertificateAuthority next_{"Next CA"};
  RawCall call_;
  std::string both_;
  std::atomic<bool> stop_{false};
  std::atomic<int> good_{0}, bad_{0};
  std::vector<std::thread> threads_;
};

TEST_P(RotationTest, TheServersCertificateIsReplacedUnderLoad) {
  const Certificate identity = world_.Identity("spiffe://probe.test/client");
  const double expiry = world_.Metrics()["warden_certificate_expiry_timestamp_seconds"];
  StartLoad();
  AwaitMoreCalls();
  EXPECT_FALSE(CanCall(next_.certificate_pem(), identity));
  const Certificate server = NewServerCertificate(absl::Hours(48));
  // The key is there long before its certificate: the old pair goes on.
  world_.Write("server.key", server.private_key_pem);
  ASSERT_TRUE(Eventually([&] { return Reloads("error") == 1; }));
  AwaitMoreCalls();
  EXPECT_TRUE(CanCall(world_.authority().certificate_pem(), identity));
  world_.Write("server.crt", server.certificate_pem);
  ASSERT_TRUE(Eventually([&] { return Reloads("ok") >= 1; }));
  AwaitMoreCalls();
  StopLoad();
  EXPECT_TRUE(CanCall(next_.certificate_pem(), identity));
  EXPECT_FALSE(CanCall(world_.authority().certificate_pem(), identity));
  EXPECT_GT(world_.Metrics()["warden_certificate_expiry_timestamp_seconds"], expiry + 3600);
}

TEST_P(RotationTest, ClientsCasOverlapUnderLoad) {
  CertificateSpec spec;
  spec.uri_sans = {"spiffe://probe.test/client"};
  const Certificate newer = next_.Issue(spec);
  const Certificate older = world_.Identity("spiffe://probe.test/client");
  const auto open = Connect(world_.port(), both_, older);
  EXPECT_TRUE(Perform(open, call_).ok());
  StartLoad();
  AwaitMoreCalls();
  EXPECT_FALSE(CanCall(both_, newer));
  world_.Write("ca.crt", both_);
  ASSERT_TRUE(Eventually([&] { return CanCall(both_, newer); }));
  AwaitMoreCalls();
  EXPECT_TRUE(CanCall(both_, older));
  StopLoad();
  // Once the old one is gone, nobody connects with it; who is connected goes on.
  world_.Write("ca.crt", next_.certificate_pem());
  ASSERT_TRUE(Eventually([&] { return !CanCall(both_, older); }));
  EXPECT_TRUE(CanCall(both_, newer));
  EXPECT_TRUE(Perform(open, call_).ok());
}

TEST_P(RotationTest, BrokenFilesLeaveTheLastGoodOnes) {
  const Certificate identity = world_.Identity("spiffe://probe.test/client");
  const std::string roots = world_.authority().certificate_pem();
  CertificateSpec expired;
  expired.not_before = absl::Now() - absl::Hours(2);
  expired.not_after = absl::Now() - absl::Hours(1);
  double errors = 0;
  for (const auto& [file, text] : std::vector<std::pair<std::string, std::string>>{
           {"server.crt", "garbage"},
           {"server.crt", next_.Issue(expired).certificate_pem},
           {"server.key", ""},
           {"ca.crt", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"}}) {
    world_.Write(file, text);
    ++errors;
    ASSERT_TRUE(Eventually([&] { return Reloads("error") >= errors; })) << file;
    EXPECT_TRUE(CanCall(roots, identity)) << file;
  }
  std::filesystem::remove(world_.folder() / "server.crt");
  ASSERT_TRUE(Eventually([&] { return Reloads("error") > errors; }));
  EXPECT_TRUE(CanCall(roots, identity));
}

INSTANTIATE_TEST_SUITE_P(Apis, RotationTest, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& info) {
                           return info.param == Api::kSync ? "Sync" : "Callback";
                         });

}  // namespace
}  // namespace warden::testing
