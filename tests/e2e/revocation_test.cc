// What is revoked is refused from the next call on, though it was verified and remembered before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "authz/identity/identity_verifier.h"
#include "authz/token/base64url.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kFile[] = "revocation:\n  file: revocations.yaml\n";

std::string Yaml(const std::string& entry) { return "revocations:\n  - " + entry + "\n"; }

std::string WithId(World& world, const std::string& id) {
  return world.Token("alice", {"caller"}, [&](nlohmann::json& claims) { claims["jti"] = id; });
}

class RevocationTest : public ::testing::TestWithParam<Api> {
 protected:
  RevocationTest() : world_({.api = GetParam(), .extra_config = kFile}) {
    world_.Write("revocations.yaml", "revocations: []\n");
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
  }

  double Entries(const std::string& kind) const {
    return world_.Metrics()["warden_revocations{kind=\"" + kind + "\"}"];
  }
  // Writes the file and waits until the server has read it.
  void Revoke(const std::string& kind, const std::string& entry) {
    world_.Write("revocations.yaml", Yaml(entry));
    ASSERT_TRUE(Eventually([&] { return Entries(kind) == 1; }));
  }
  void LiftAll() {
    world_.Write("revocations.yaml", "revocations: []\n");
    ASSERT_TRUE(Eventually([&] {
      double all = 0;
      for (const char* kind : {"token", "subject", "certificate", "key", "api_key"}) {
        all += Entries(kind);
      }
      return all == 0;
    }));
  }
  void ExpectAllowed(const std::string& token, const std::string& method = "Unary") {
    const Counted counted(world_);
    counted.ExpectAllowed(method, Perform(world_.channel(), World::Call(method, token)));
  }
  void ExpectRefused(const std::string& token, const Refused& as) {
    for (const char* method : kFourKinds) {
      const Counted counted(world_);
      counted.ExpectRefused(method, Perform(world_.channel(), World::Call(method, token)), as);
    }
  }

  World world_;
};

TEST_P(RevocationTest, ATokenInTheWarmCacheByItsId) {
  const std::string token = WithId(world_, "t-1");
  const std::string other = WithId(world_, "t-2");
  ExpectAllowed(token);
  ExpectAllowed(token);
  Revoke("token", absl::StrCat("token: {issuer: ", kIssuer, ", jti: t-1}\n    reason: stolen"));
  ExpectRefused(token, BadCredentials("token_revoked"));
  EXPECT_THAT(world_.sink().all(), HasSubstr("token is revoked: stolen"));
  ExpectAllowed(other);
  LiftAll();
  ExpectAllowed(token);
}

TEST_P(RevocationTest, ASubjectUpToATime) {
  const std::string old = world_.Token("alice", {"caller"}, [](nlohmann::json& claims) {
    claims["iat"] = claims["iat"].get<int64_t>() - 100;
  });
  const std::string undated =
      world_.Token("alice", {"caller"}, [](nlohmann::json& claims) { claims.erase("iat"); });
  const std::string fresh = world_.Token("alice", {"caller"});
  const std::string bob = world_.Token("bob", {"caller"});
  for (const std::string& token : {old, undated, fresh, bob}) ExpectAllowed(token);
  const std::string before =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now() - absl::Seconds(60), absl::UTCTimeZone());
  Revoke("subject", absl::StrCat("subject: {issuer: ", kIssuer,
                                 ", subject: alice, issued_before: ", before, "}"));
  ExpectRefused(old, BadCredentials("token_revoked"));
  ExpectRefused(undated, BadCredentials("token_revoked"));
  ExpectAllowed(fresh);
  ExpectAllowed(bob);
}

TEST_P(RevocationTest, AKeyAlsoWhereTheTokenDoesNotNameIt) {
  const std::string named = world_.Token("alice", {"caller"});
  const std::string payload = World::Claims("alice", {"caller"}).dump();
  const std::string header = R"({"alg":"ES256","typ":"JWT"})";
  const std::string input = absl::StrCat(Base64UrlEncode(header), ".", Base64UrlEncode(payload));
  const std::string nameless =
      absl::StrCat(input, ".", Base64UrlEncode(world_.key().Sign(input).value()));
  const std::string other =
      world_.ed_key()
          .SignCompact({{"typ", "JWT"}}, World::Claims("alice", {"caller"}).dump())
          .value();
  for (const std::string& token : {named, nameless, other}) ExpectAllowed(token);
  Revoke("key", absl::StrCat("key: {issuer: ", kIssuer, ", kid: key-1}"));
  ExpectRefused(named, BadCredentials("token_revoked"));
  ExpectRefused(nameless, BadCredentials("token_revoked"));
  ExpectAllowed(other);
}

TEST_P(RevocationTest, ACertificateOnAnOpenConnection) {
  const RawCall call = World::Call("Unary", world_.Token("alice", {"caller"}));
  const Certificate stolen = world_.Identity("spiffe://probe.test/client");
  const auto channel = world_.Connect(&stolen);
  {
    const Counted counted(world_);
    counted.ExpectAllowed("Unary", Perform(channel, call));
  }
  const auto peer = IdentityVerifier::Create({})->Verify(stolen.certificate_pem, absl::Now()).peer;
  Revoke("certificate", "certificate: {sha256: " + peer->certificate_sha256 + "}");
  {
    const Counted counted(world_);
    counted.ExpectRefused("Unary", Perform(channel, call), BadPeer("peer_revoked"));
  }
  const Counted counted(world_);
  counted.ExpectAllowed("Unary", Perform(world_.channel(), call));
}

TEST_P(RevocationTest, ABrokenFileLeavesTheLastGoodOne) {
  const std::string token = WithId(world_, "t-1");
  Revoke("token", absl::StrCat("token: {issuer: ", kIssuer, ", jti: t-1}"));
  world_.Write("revocations.yaml", "revocations: nonsense\n");
  ASSERT_TRUE(Eventually([&] {
    return world_.Metrics()["warden_reloads_total{file=\"revocations\",result=\"error\"}"] >= 1;
  }));
  ExpectRefused(token, BadCredentials("token_revoked"));
}

INSTANTIATE_TEST_SUITE_P(Apis, RevocationTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

TEST(RevocationStartTest, NamesWhatIsWrong) {
  const auto refusal = [](const std::string& lines, const std::string& file = "") {
    World world({.extra_config = "revocation:\n" + lines});
    if (!file.empty()) world.Write("r.yaml", file);
    const absl::Status started = world.Start();
    EXPECT_FALSE(started.ok()) << lines;
    return std::string(started.message());
  };
  EXPECT_THAT(refusal("  file: r.yaml\n"), HasSubstr("no such file"));
  EXPECT_THAT(refusal("  file: r.yaml\n", "revocations: [{}]\n"), HasSubstr("r.yaml:1"));
  EXPECT_THAT(refusal("  file: r.yaml\n  max_entries: 1\n",
                      "revocations:\n  - api_key: {id: a}\n  - api_key: {id: b}\n"),
              HasSubstr("max_entries is 1"));
#ifdef WARDEN_WITH_REDIS
  EXPECT_THAT(refusal("  redis: {address: nonsense}\n"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(refusal("  redis: {username: a}\n"), HasSubstr("revocation.redis.address"));
  EXPECT_THAT(refusal("  redis: {address: \"localhost:1\", username: a}\n"),
              HasSubstr("password_file"));
  EXPECT_THAT(refusal("  redis: {address: \"localhost:1\", password_file: none}\n"),
              HasSubstr("password_file"));
  EXPECT_THAT(refusal("  redis: {address: \"localhost:1\", ca_file: none}\n"),
              HasSubstr("ca_file"));
  EXPECT_THAT(refusal("  redis: {address: \"localhost:1\", poll_interval: 1ms}\n"),
              HasSubstr("poll_interval"));
  EXPECT_THAT(refusal("  redis: {address: \"localhost:1\"}\n  outage_grace: 100ms\n"),
              HasSubstr("outage_grace"));
#else
  EXPECT_THAT(refusal("  redis: {address: \"localhost:1\"}\n"), HasSubstr("WARDEN_WITH_REDIS"));
#endif
}

}  // namespace
}  // namespace warden::testing
