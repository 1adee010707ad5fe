// Ports with certificates and peers of their own: each call is judged by the port it came by.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kPorts[] = R"(
ports:
  admin:
    identity:
      allowed_spiffe_ids: ['spiffe://probe.test/admin/*']
  partner:
    tls: {certificate_file: partner.crt, private_key_file: partner.key, client_ca_file: partner-ca.crt}
    identity: {trust_domains: [partner.test]}
)";

class PortsTest : public ::testing::TestWithParam<Api> {
 protected:
  PortsTest()
      : world_({.api = GetParam(),
                .extra_config = kPorts,
                .customize = [this](ServerBuilder& builder) {
                  builder.AddListeningPort("127.0.0.1:0", &admin_, "admin");
                  builder.AddListeningPort("127.0.0.1:0", &partner_, "partner");
                }}) {
    CertificateSpec server;
    server.ip_sans = {"127.0.0.1"};
    const Certificate own = partner_ca_.Issue(server);
    world_.Write("partner.crt", own.certificate_pem);
    world_.Write("partner.key", own.private_key_pem);
    world_.Write("partner-ca.crt", partner_ca_.certificate_pem());
    EXPECT_TRUE(world_.Start().ok());
  }

  static Certificate Issue(const CertificateAuthority& ca, const std::string& uri) {
    CertificateSpec spec;
    spec.uri_sans = {uri};
    return ca.Issue(spec);
  }
  std::shared_ptr<grpc::Channel> Connect(int port, const Certificate& identity) const {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = world_.authority().certificate_pem() + partner_ca_.certificate_pem();
    ssl.pem_private_key = identity.private_key_pem;
    ssl.pem_cert_chain = identity.certificate_pem;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(ssl),
                                     arguments);
  }
  RawCall Call(const std::string& method) const {
    return World::Call(method, world_.Token("alice", {"admin"}));
  }
  void ExpectAllowed(const std::shared_ptr<grpc::Channel>& channel) {
    for (const std::string method : kFourKinds) {
      SCOPED_TRACE(method);
      const Counted before(world_);
      before.ExpectAllowed(method, Perform(channel, Call(method)));
    }
  }
  void ExpectRefused(const std::shared_ptr<grpc::Channel>& channel) {
    for (const std::string method :
         {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public"}) {
      SCOPED_TRACE(method);
      const Counted before(world_);
      before.ExpectRefused(method, Perform(channel, Call(method)), BadPeer("peer_not_trusted"));
    }
  }
  void ExpectNoHandshake(const std::shared_ptr<grpc::Channel>& channel) {
    const Counted before(world_);
    EXPECT_EQ(Perform(channel, Call("Public")).code, grpc::StatusCode::UNAVAILABLE);
    before.ExpectNothing();
  }

  const CertificateAuthority partner_ca_{"Partner CA"};
  int admin_ = 0, partner_ = 0;
  World world_;
};

TEST_P(PortsTest, EachPortHasItsOwnPeers) {
  const Certificate client = Issue(world_.authority(), "spiffe://probe.test/client");
  const Certificate admin = Issue(world_.authority(), "spiffe://probe.test/admin/alice");
  ExpectAllowed(Connect(world_.port(), client));
  ExpectAllowed(Connect(world_.port(), admin));
  ExpectAllowed(Connect(admin_, admin));
  const auto open = Connect(admin_, client);
  ExpectRefused(open);
  ExpectRefused(open);
  // What a port does not say itself stays: the trust domain.
  ExpectRefused(Connect(admin_, Issue(world_.authority(), "spiffe://other.test/admin/alice")));
}

TEST_P(PortsTest, EachPortHasItsOwnCas) {
  const Certificate ours = Issue(world_.authority(), "spiffe://partner.test/client");
  const Certificate theirs = Issue(partner_ca_, "spiffe://partner.test/client");
  ExpectAllowed(Connect(partner_, theirs));
  ExpectNoHandshake(Connect(partner_, ours));
  ExpectNoHandshake(Connect(world_.port(), theirs));
  ExpectNoHandshake(Connect(admin_, theirs));
  ExpectRefused(Connect(partner_, Issue(partner_ca_, "spiffe://probe.test/client")));
  ExpectRefused(Connect(world_.port(), ours));
}

// The same certificate at the same time on both ports: no call is ever judged by the other's rules.
TEST_P(PortsTest, PortsAreNotMixedUpUnderLoad) {
  const Certificate client = Issue(world_.authority(), "spiffe://probe.test/client");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, fresh = i >= 2, admin = i % 2 == 0] {
      const int port = admin ? admin_ : world_.port();
      auto channel = Connect(port, client);
      for (int call = 0; call < 60; ++call) {
        if (fresh) channel = Connect(port, client);
        const Answer answer = Perform(channel, Call("Unary"));
        const auto expected = admin ? grpc::StatusCode::UNAUTHENTICATED : grpc::StatusCode::OK;
        if (answer.code != expected) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(world_.runs(), 120);
  EXPECT_EQ(world_.Decisions("Unary", "peer_not_trusted"), 120);
}

TEST_P(PortsTest, APortsCertificateIsReplacedToo) {
  const CertificateAuthority next("Next partner CA");
  const Certificate newer = Issue(next, "spiffe://partner.test/client");
  const Certificate older = Issue(partner_ca_, "spiffe://partner.test/client");
  world_.Write("partner-ca.crt", next.certificate_pem() + partner_ca_.certificate_pem());
  ASSERT_TRUE(Eventually([&] { return Perform(Connect(partner_, newer), Call("Unary")).ok(); }));
  ExpectAllowed(Connect(partner_, older));
  ExpectNoHandshake(Connect(world_.port(), newer));
}

INSTANTIATE_TEST_SUITE_P(Apis, PortsTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

TEST(PortsStartupTest, APortThatIsNotConfiguredIsAMistake) {
  World world({.extra_config = "ports:\n  admin: {identity: {min_rsa_bits: 3072}}\n",
               .customize = [](ServerBuilder& builder) {
                 builder.AddListeningPort("127.0.0.1:0", nullptr, "admim");
               }});
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(started.message()),
              AllOf(HasSubstr("`admim`"), HasSubstr("did you mean `admin`")));
}

TEST(PortsStartupTest, MistakesNameTheirPort) {
  World world({.extra_config = "ports:\n"
                               "  admin:\n"
                               "    tls: {certificate_file: none.crt, reload_interval: 1s}\n"
                               "    identity: {denied_addresses: [nowhere]}\n",
               .customize = [](ServerBuilder& builder) {
                 builder.AddListeningPort("127.0.0.1:0", nullptr, "admin");
               }});
  EXPECT_THAT(std::string(world.Start().message()),
              AllOf(HasSubstr("none.crt"), HasSubstr("`nowhere`")));
}

}  // namespace
}  // namespace warden::testing
