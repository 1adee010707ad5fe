// Which peers the configuration accepts, on fresh connections and on those that are open: names,
// addresses, strength, revocation lists, trust bundles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kOldIdentity = "  trust_domains: [probe.test]\n";

// A world whose `identity` says this besides its trust domain.
WorldOptions WithIdentity(const std::string& lines) {
  return {.edit_config = {{kOldIdentity, kOldIdentity + lines}}};
}

const Refused kAddressDenied = {grpc::StatusCode::PERMISSION_DENIED, "PEER_NOT_ACCEPTED",
                                "peer_address_denied"};

CertificateSpec Named(const std::string& path) {
  CertificateSpec spec;
  spec.uri_sans = {"spiffe://probe.test/" + path};
  return spec;
}

void ExpectAllowed(World& world, const std::shared_ptr<grpc::Channel>& channel) {
  const std::string token = world.Token("alice", {"admin"});
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    const Counted before(world);
    const Answer answer = Perform(channel, World::Call(method, token));
    before.ExpectAllowed(method, answer);
  }
}

// A good token does not help, and methods for everybody are not for everybody's peers.
void ExpectRefused(World& world, const std::shared_ptr<grpc::Channel>& channel, const Refused& as) {
  const std::string token = world.Token("alice", {"admin"});
  for (const std::string method :
       {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public"}) {
    SCOPED_TRACE(method);
    const Counted before(world);
    const Answer answer = Perform(channel, World::Call(method, token));
    before.ExpectRefused(method, answer, as);
  }
}

void ExpectAllowed(World& world, const CertificateSpec& spec) {
  const Certificate identity = world.authority().Issue(spec);
  ExpectAllowed(world, world.Connect(&identity));
}

void ExpectRefused(World& world, const CertificateSpec& spec, const Refused& as) {
  const Certificate identity = world.authority().Issue(spec);
  ExpectRefused(world, world.Connect(&identity), as);
}

TEST(PeersTest, OnlyAllowedNamesAreServed) {
  World world(
      WithIdentity("  allowed_spiffe_ids: ['spiffe://probe.test/ns/*/client']\n"
                   "  allowed_dns_names: ['*.probe.test']\n"));
  ASSERT_TRUE(world.Start().ok());
  ExpectAllowed(world, Named("ns/prod/client"));
  CertificateSpec dns = Named("other");
  dns.dns_sans = {"web.probe.test"};
  ExpectAllowed(world, dns);
  for (const char* path : {"client", "ns/prod/client/x", "ns/client"}) {
    ExpectRefused(world, Named(path), BadPeer("peer_not_trusted"));
  }
  dns.dns_sans = {"web.probe.test.evil", "probe.test"};
  ExpectRefused(world, dns, BadPeer("peer_not_trusted"));
}

TEST(PeersTest, AddressesAreJudged) {
  for (const char* lines :
       {"  denied_addresses: [127.0.0.0/8]\n", "  allowed_addresses: [10.0.0.0/8]\n",
        "  allowed_addresses: ['::1']\n",
        "  allowed_addresses: [127.0.0.1]\n  denied_addresses: [127.0.0.1]\n"}) {
    SCOPED_TRACE(lines);
    World world(WithIdentity(lines));
    ASSERT_TRUE(world.Start().ok());
    ExpectRefused(world, world.channel(), kAddressDenied);
  }
  World world(
      WithIdentity("  allowed_addresses: [10.0.0.0/8, 127.0.0.1]\n"
                   "  denied_addresses: [10.0.0.7, '::1']\n"));
  ASSERT_TRUE(world.Start().ok());
  ExpectAllowed(world, world.channel());
}

TEST(PeersTest, WeakAndForeignCertificatesAreRefused) {
  World world(WithIdentity("  min_rsa_bits: 3072\n  require_client_auth: true\n"));
  ASSERT_TRUE(world.Start().ok());
  CertificateSpec spec = Named("client");
  ExpectAllowed(world, spec);
  spec.extended_key_usage = "";
  ExpectRefused(world, spec, BadPeer("peer_certificate_invalid"));
  spec = Named("client");
  spec.key_type = KeyType::kRsa2048;
  ExpectRefused(world, spec, BadPeer("peer_certificate_invalid"));
}

class RevocationTest : public ::testing::Test {
 protected:
  RevocationTest() : world_(WithIdentity("  crl_files: [ca.crl]\n  require_crl: true\n")) {}

  void Revoke(const std::vector<std::string>& certificates) {
    world_.Write("ca.crl", world_.authority().Crl({.revoked = certificates}));
  }
  double Reloads(const std::string& result) {
    return world_
        .Metrics()["warden_reloads_total{file=\"revocation_list\",result=\"" + result + "\"}"];
  }
  Answer Send(const std::shared_ptr<grpc::Channel>& channel) {
    return Perform(channel, World::Call("Unary", world_.Token("alice", {"caller"})));
  }

  World world_;
};

TEST_F(RevocationTest, AListCountsForConnectionsThatAreOpen) {
  Revoke({});
  ASSERT_TRUE(world_.Start().ok());
  const Certificate good = world_.Identity("spiffe://probe.test/client");
  const Certificate stolen = world_.Identity("spiffe://probe.test/client");
  const auto good_channel = world_.Connect(&good);
  const auto stolen_channel = world_.Connect(&stolen);
  ExpectAllowed(world_, good_channel);
  ExpectAllowed(world_, stolen_channel);
  Revoke({stolen.certificate_pem});
  ASSERT_TRUE(Eventually([&] { return !Send(stolen_channel).ok(); }));
  ExpectRefused(world_, stolen_channel, BadPeer("peer_revoked"));
  ExpectRefused(world_, world_.Connect(&stolen), BadPeer("peer_revoked"));
  ExpectAllowed(world_, good_channel);
  EXPECT_EQ(Reloads("ok"), 1);
  EXPECT_EQ(Reloads("error"), 0);
  EXPECT_GT(world_.Metrics()["warden_crl_next_update_timestamp_seconds"],
            absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
}

TEST_F(RevocationTest, ABadListLeavesTheLastGoodOne) {
  const Certificate stolen = world_.Identity("spiffe://probe.test/client");
  Revoke({stolen.certificate_pem});
  ASSERT_TRUE(world_.Start().ok());
  const auto channel = world_.Connect(&stolen);
  ExpectRefused(world_, channel, BadPeer("peer_revoked"));
  // Of another authority's key, then of none, then gone.
  double errors = 0;
  for (const std::string& bad :
       {CertificateAuthority("Probe CA").Crl({}), std::string("garbage")}) {
    world_.Write("ca.crl", bad);
    ++errors;
    ASSERT_TRUE(Eventually([&] { return Reloads("error") == errors; }));
    ExpectRefused(world_, channel, BadPeer("peer_revoked"));
    ExpectAllowed(world_, world_.channel());
  }
  std::filesystem::remove(world_.folder() / "ca.crl");
  ASSERT_TRUE(Eventually([&] { return Reloads("error") == errors + 1; }));
  ExpectRefused(world_, channel, BadPeer("peer_revoked"));
  // A good one takes over.
  Revoke({});
  ASSERT_TRUE(Eventually([&] { return Reloads("ok") == 1; }));
  ExpectAllowed(world_, channel);
}

TEST_F(RevocationTest, WithoutACurrentListNobodyIsServed) {
  world_.Write("ca.crl", world_.authority().Crl({.next_update = absl::Now() - absl::Minutes(1)}));
  ASSERT_TRUE(world_.Start().ok());
  ExpectRefused(world_, world_.channel(), BadPeer("peer_revocation_unknown"));
  Revoke({});
  ASSERT_TRUE(Eventually([&] { return Send(world_.channel()).ok(); }));
  ExpectAllowed(world_, world_.channel());
}

TEST_F(RevocationTest, AListThatRunsOutEndsOpenConnections) {
  const absl::Time end = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) + 4);
  world_.Write("ca.crl", world_.authority().Crl({.next_update = end}));
  ASSERT_TRUE(world_.Start().ok());
  EXPECT_TRUE(Send(world_.channel()).ok());
  ASSERT_TRUE(Eventually([&] { return absl::Now() >= end; }));
  ExpectRefused(world_, world_.channel(), BadPeer("peer_revocation_unknown"));
}

// Who is judged by lists is judged by the CAs of today.
TEST_F(RevocationTest, ACaThatIsTakenAwayEndsItsOpenConnections) {
  Revoke({});
  ASSERT_TRUE(world_.Start().ok());
  ExpectAllowed(world_, world_.channel());
  world_.Write("ca.crt", CertificateAuthority("Next CA").certificate_pem());
  ASSERT_TRUE(Eventually([&] { return !Send(world_.channel()).ok(); }));
  ExpectRefused(world_, world_.channel(), BadPeer("peer_not_trusted"));
}

TEST(BundlesTest, EachTrustDomainHasItsOwnCas) {
  World world({.edit_config = {{"client_ca_file: ca.crt", "client_ca_file: all.crt"},
                               {kOldIdentity,
                                "  trust_bundles:\n"
                                "    - {trust_domain: probe.test, ca_file: ca.crt}\n"
                                "    - {trust_domain: partner.test, ca_file: partner.crt}\n"}}});
  const CertificateAuthority partner("Partner CA");
  const CertificateAuthority next("Next CA");
  const CertificateAuthority intermediate = partner.Intermediate("Partner issuing CA");
  world.Write("partner.crt", partner.certificate_pem());
  world.Write("all.crt", world.authority().certificate_pem() + partner.certificate_pem() +
                             next.certificate_pem());
  ASSERT_TRUE(world.Start().ok());
  const auto connect = [&world](const CertificateAuthority& ca, const std::string& uri,
                                const std::string& chain = "") {
    CertificateSpec spec;
    spec.uri_sans = {uri};
    Certificate identity = ca.Issue(spec);
    identity.certificate_pem += chain;
    return world.Connect(&identity);
  };
  const auto ours = connect(partner, "spiffe://partner.test/client");
  ExpectAllowed(world, ours);
  ExpectAllowed(world, connect(world.authority(), "spiffe://probe.test/client"));
  ExpectAllowed(
      world, connect(intermediate, "spiffe://partner.test/client", intermediate.certificate_pem()));
  // A partner's CA cannot speak for us, nor we for them, and nobody for a third.
  const Refused refused = BadPeer("peer_not_trusted");
  ExpectRefused(world, connect(partner, "spiffe://probe.test/client"), refused);
  ExpectRefused(world, connect(world.authority(), "spiffe://partner.test/client"), refused);
  ExpectRefused(world, connect(partner, "spiffe://third.test/client"), refused);
  ExpectRefused(world,
                connect(intermediate, "spiffe://probe.test/client", intermediate.certificate_pem()),
                refused);
  // Without the intermediate TLS itself refuses.
  // The partner's old CA is taken out of its bundle: open connections lose it, too.
  const auto theirs = connect(next, "spiffe://partner.test/client");
  ExpectRefused(world, theirs, refused);
  world.Write("partner.crt", next.certificate_pem());
  const RawCall call = World::Call("Unary", world.Token("alice", {"caller"}));
  ASSERT_TRUE(Eventually([&] { return !Perform(ours, call).ok(); }));
  ExpectRefused(world, ours, refused);
  ExpectAllowed(world, theirs);
}

TEST(PeersStartupTest, NamesEveryMistake) {
  World world(
      WithIdentity("  allowed_spiffe_ids: ['spiffe://probe.test/x*', 'spiffe://other.test/**']\n"
                   "  allowed_dns_names: ['a.*.b']\n"
                   "  allowed_addresses: [10.0.0.1/8]\n"
                   "  denied_addresses: [localhost]\n"
                   "  min_rsa_bits: 1024\n"
                   "  require_crl: true\n"
                   "  trust_bundles: [{trust_domain: Bad, ca_file: ca.crt},"
                   " {trust_domain: good, ca_file: none.crt}]\n"
                   "  forwarded: {required: true}\n"));
  const absl::Status started = world.Start();
  EXPECT_THAT(std::string(started.message()),
              AllOf(HasSubstr("spiffe://probe.test/x*"), HasSubstr("spiffe://other.test/**"),
                    HasSubstr("a.*.b"), HasSubstr("bits set behind its prefix"),
                    HasSubstr("localhost"), HasSubstr("2048 to 16384"), HasSubstr("`crl_files`"),
                    HasSubstr("`Bad`"), HasSubstr("none.crt"), HasSubstr("`proxies`")));
  EXPECT_THAT(std::string(started.message()), HasSubstr("warden.yaml:"));
}

TEST(PeersStartupTest, ARevocationListOfAForeignCaIsAMistake) {
  World world(WithIdentity("  crl_files: [ca.crl]\n"));
  world.Write("ca.crl", CertificateAuthority("Foreign").Crl({}));
  EXPECT_THAT(std::string(world.Start().message()),
              AllOf(HasSubstr("ca.crl"), HasSubstr("is of an issuer that is not among the CAs")));
}

}  // namespace
}  // namespace warden::testing
