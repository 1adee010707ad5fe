// Who is at the other end: certificates that the handshake refuses, and certificates that pass it
// and are refused by their identity, on every kind of method.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

class TransportTest : public SuiteWorld<TransportTest> {};

CertificateSpec Named(const std::string& uri) {
  CertificateSpec spec;
  spec.uri_sans = {uri};
  return spec;
}

// Certificates that TLS itself does not let in: there is no call to decide on.
struct Stranger {
  const char* what;
  std::function<std::optional<Certificate>(const World&)> identity;
};

const Stranger kStrangers[] = {
    {"no certificate", [](const World&) { return std::optional<Certificate>(); }},
    {"a certificate of another authority",
     [](const World&) {
       return CertificateAuthority("Foreign CA").Issue(Named("spiffe://probe.test/client"));
     }},
    {"a certificate of another authority with the trusted one's name",
     [](const World&) {
       return CertificateAuthority("Probe CA").Issue(Named("spiffe://probe.test/client"));
     }},
    {"an expired certificate",
     [](const World& world) {
       CertificateSpec spec = Named("spiffe://probe.test/client");
       spec.not_before = absl::Now() - absl::Hours(2);
       spec.not_after = absl::Now() - absl::Hours(1);
       return world.authority().Issue(spec);
     }},
    {"a certificate that is not valid yet",
     [](const World& world) {
       CertificateSpec spec = Named("spiffe://probe.test/client");
       spec.not_before = absl::Now() + absl::Hours(1);
       return world.authority().Issue(spec);
     }},
};

TEST_P(TransportTest, StrangersEndInTheHandshake) {
  const std::string token = world().Token("alice", {"admin"});
  for (const Stranger& stranger : kStrangers) {
    const std::optional<Certificate> identity = stranger.identity(world());
    const auto channel = world().Connect(identity.has_value() ? &*identity : nullptr);
    for (const std::string method :
         {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public", "Authenticated"}) {
      SCOPED_TRACE(absl::StrCat(stranger.what, " calls ", method));
      const Counted before(world());
      const Answer answer = Perform(channel, World::Call(method, token));
      EXPECT_EQ(answer.code, grpc::StatusCode::UNAVAILABLE) << answer.text;
      EXPECT_TRUE(answer.replies.empty());
      before.ExpectNothing();
    }
  }
}

TEST_P(TransportTest, PlaintextIsNotServed) {
  const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", world().port()),
                                           grpc::InsecureChannelCredentials());
  const Counted before(world());
  for (const std::string method : kFourKinds) {
    const Answer answer = Perform(channel, World::Call(method, world().Token("alice", {"admin"})));
    EXPECT_EQ(answer.code, grpc::StatusCode::UNAVAILABLE) << answer.text;
  }
  before.ExpectNothing();
}

// Certificates of the trusted authority whose names are no identity here.
struct Impostor {
  const char* what;
  std::vector<std::string> uris;
  const char* label;
};

const Impostor kImpostors[] = {
    {"another trust domain", {"spiffe://other.test/client"}, "peer_not_trusted"},
    {"a trust domain that begins with ours", {"spiffe://probe.test.evil/c"}, "peer_not_trusted"},
    {"a trust domain that ends with ours", {"spiffe://evil.probe.test/c"}, "peer_not_trusted"},
    {"no SPIFFE ID", {}, "peer_not_trusted"},
    {"a URI of another scheme", {"https://probe.test/client"}, "peer_not_trusted"},
    {"two SPIFFE IDs",
     {"spiffe://probe.test/client", "spiffe://probe.test/auditor"},
     "peer_certificate_invalid"},
    {"a SPIFFE ID and another URI",
     {"spiffe://probe.test/client", "https://probe.test/"},
     "peer_certificate_invalid"},
    {"no path", {"spiffe://probe.test"}, "peer_certificate_invalid"},
    {"an empty segment", {"spiffe://probe.test//client"}, "peer_certificate_invalid"},
    {"a relative segment", {"spiffe://probe.test/a/../client"}, "peer_certificate_invalid"},
    {"a trailing slash", {"spiffe://probe.test/client/"}, "peer_certificate_invalid"},
    {"an escaped character", {"spiffe://probe.test/%63lient"}, "peer_certificate_invalid"},
    {"a query", {"spiffe://probe.test/client?x"}, "peer_certificate_invalid"},
    {"a port", {"spiffe://probe.test:443/client"}, "peer_certificate_invalid"},
    {"user information", {"spiffe://me@probe.test/client"}, "peer_certificate_invalid"},
    {"an upper-case trust domain", {"spiffe://PROBE.test/client"}, "peer_certificate_invalid"},
    {"a NUL", {std::string("spiffe://probe.test/client\0.evil", 32)}, "peer_certificate_invalid"},
};

TEST_P(TransportTest, ImpostorsAreRefusedByTheirNames) {
  const std::string token = world().Token("alice", {"admin"});
  for (const Impostor& impostor : kImpostors) {
    CertificateSpec spec;
    spec.common_name = "client";
    spec.uri_sans = impostor.uris;
    const Certificate identity = world().authority().Issue(spec);
    const auto channel = world().Connect(&identity);
    for (const std::string method :
         {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public", "Authenticated"}) {
      SCOPED_TRACE(absl::StrCat(impostor.what, " calls ", method));
      const Counted before(world());
      const Answer answer = Perform(channel, World::Call(method, token));
      before.ExpectRefused(method, answer, BadPeer(impostor.label));
    }
  }
}

TEST_P(TransportTest, AnAuthoritysOwnCertificateIsNoClient) {
  CertificateSpec spec = Named("spiffe://probe.test/client");
  spec.is_ca = true;
  spec.key_usage = "critical,keyCertSign,digitalSignature";
  const Certificate identity = world().authority().Issue(spec);
  const Counted before(world());
  const Answer answer =
      Perform(world().Connect(&identity), World::Call("Unary", world().Token("a", {"admin"})));
  before.ExpectRefused("Unary", answer, BadPeer("peer_certificate_invalid"));
}

TEST_P(TransportTest, ACertificateThatExpiresEndsItsOpenConnection) {
  CertificateSpec spec = Named("spiffe://probe.test/client");
  spec.not_after = absl::Now() + absl::Seconds(3);
  const Certificate identity = world().authority().Issue(spec);
  const auto channel = world().Connect(&identity);
  const RawCall call = World::Call("Unary", world().Token("alice", {"caller"}));
  const Counted first(world());
  first.ExpectAllowed("Unary", Perform(channel, call));
  // Both ends of the validity are whole seconds and included (RFC 5280 section 4.1.2.5).
  absl::SleepFor(spec.not_after + absl::Seconds(1) - absl::Now());
  const Counted second(world());
  second.ExpectRefused("Unary", Perform(channel, call), BadPeer("peer_certificate_invalid"));
}

INSTANTIATE_TEST_SUITE_P(Apis, TransportTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
