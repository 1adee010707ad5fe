// Servers that share a list of revocations, and what happens to them when Redis fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/revocation_admin.h"
#include "interceptors/guard.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"
#include "tests/support/redis_server.h"

namespace warden::testing {
namespace {

const Refused kUnavailable = {grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE",
                              "credentials_unavailable"};

std::string Config(const RedisServer& redis, const std::string& more = "") {
  return absl::StrCat("revocation:\n  redis: {address: \"", redis.address(),
                      "\", poll_interval: 50ms}\n  outage_grace: 1s\n", more);
}

// A server, and whom it lets in.
class Served {
 public:
  explicit Served(const std::string& config) : world_({.extra_config = config}) {
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
  }

  World& world() { return world_; }
  std::string TokenWithId(const std::string& id) const {
    return world_.Token("alice", {"caller"}, [&](nlohmann::json& claims) { claims["jti"] = id; });
  }
  Answer Send(const std::string& id, const std::string& method = "Unary") {
    return Perform(world_.channel(), World::Call(method, TokenWithId(id)));
  }
  void Revoke(const std::string& id) { ASSERT_TRUE(store().Revoke(Entry(id), absl::Now()).ok()); }
  RevocationStore& store() { return world_.server().guard().revocation()->store(); }
  static Revocation Entry(const std::string& id) {
    return *NormalRevocation({.key = {RevocationKind::kToken, kIssuer, id}}, absl::Now());
  }
  double Metric(const std::string& name) const { return world_.Metrics()[name]; }
  // A whole round with Redis after this moment.
  bool Synced() const {
    const absl::Time begin = absl::Now();
    return Eventually([&] {
      const absl::Time now = absl::Now();
      return absl::Seconds(Metric("warden_revocation_sync_age_seconds")) < now - begin;
    });
  }
  bool Outage(bool is) const {
    return Eventually([&] { return Metric("warden_revocation_outage") == (is ? 1 : 0); });
  }
  void ExpectRefused(const std::string& id, const Refused& as) {
    for (const char* method : {"Unary", "BidiStream"}) {
      const Counted counted(world_);
      counted.ExpectRefused(method, Send(id, method), as);
    }
  }
  void ExpectAllowed(const std::string& id) {
    const Counted counted(world_);
    counted.ExpectAllowed("Unary", Send(id));
  }

 private:
  World world_;
};

TEST(RevocationRedisTest, ServersShareAList) {
  const RedisServer redis;
  Served one(Config(redis));
  Served two(Config(redis));
  one.ExpectAllowed("t");
  two.ExpectAllowed("t");
  one.Revoke("t");
  one.ExpectRefused("t", BadCredentials("token_revoked"));
  ASSERT_TRUE(Eventually([&] { return two.Metric("warden_revocations{kind=\"token\"}") == 1; }));
  two.ExpectRefused("t", BadCredentials("token_revoked"));
  two.ExpectAllowed("u");
  ASSERT_TRUE(two.store().Lift(Served::Entry("t").key, absl::Now()).ok());
  ASSERT_TRUE(Eventually([&] { return one.Metric("warden_revocations{kind=\"token\"}") == 0; }));
  one.ExpectAllowed("t");
}

TEST(RevocationRedisTest, AFileCountsBesideIt) {
  const RedisServer redis;
  World world({.extra_config = Config(redis, "  file: r.yaml\n")});
  world.Write("r.yaml", absl::StrCat("revocations:\n  - subject: {issuer: ", kIssuer,
                                     ", subject: bob, issued_before: 2090-01-01T00:00:00Z}\n"));
  ASSERT_TRUE(world.Start().ok());
  const Counted counted(world);
  counted.ExpectRefused(
      "Unary", Perform(world.channel(), World::Call("Unary", world.Token("bob", {"caller"}))),
      BadCredentials("token_revoked"));
}

TEST(RevocationRedisTest, AnOutageFailsClosed) {
  RedisServer redis({"--appendonly", "yes", "--appendfsync", "always"});
  Served served(Config(redis));
  served.ExpectAllowed("t");
  served.Revoke("bad");
  for (const bool freeze : {false, true}) {
    freeze ? redis.Freeze() : redis.Kill();
    ASSERT_TRUE(served.Outage(true));
    served.ExpectRefused("t", kUnavailable);
    served.ExpectRefused("bad", BadCredentials("token_revoked"));
    // A certificate is a credential, too.
    {
      const Counted counted(served.world());
      counted.ExpectRefused("Public", Perform(served.world().channel(), World::Call("Public", "")),
                            kUnavailable);
    }
    EXPECT_GT(served.Metric("warden_revocation_sync_failures_total"), 0);
    EXPECT_GT(served.Metric("warden_revocation_sync_age_seconds"), 1);
    freeze ? redis.Thaw() : redis.Start();
    ASSERT_TRUE(served.Outage(false));
    served.ExpectAllowed("t");
    served.ExpectRefused("bad", BadCredentials("token_revoked"));
  }
}

TEST(RevocationRedisTest, AnOutageFailsOpenWhereConfigured) {
  RedisServer redis;
  Served served(Config(redis, "  on_outage: FAIL_OPEN\n"));
  served.Revoke("bad");
  ASSERT_TRUE(served.Synced());
  redis.Kill();
  ASSERT_TRUE(served.Outage(true));
  served.ExpectAllowed("t");
  served.ExpectRefused("bad", BadCredentials("token_revoked"));
  redis.Start();  // with nothing in it
  ASSERT_TRUE(served.Outage(false));
  ASSERT_TRUE(Eventually([&] { return served.Metric("warden_revocation_rollbacks_total") == 1; }));
  served.ExpectRefused("bad", BadCredentials("token_revoked"));
}

TEST(RevocationRedisTest, AServerThatStartsInAnOutageServesNobody) {
  RedisServer redis;
  redis.Kill();
  Served served(Config(redis));
  served.ExpectRefused("t", kUnavailable);
  redis.Start();
  ASSERT_TRUE(served.Outage(false));
  served.ExpectAllowed("t");
}

// Redis comes and goes while callers with a revoked token keep trying: none gets through, and no
// caller with a good one is told that theirs was revoked.
TEST(RevocationRedisTest, NoWrongAnswersWhileRedisComesAndGoes) {
  RedisServer redis({"--appendonly", "yes", "--appendfsync", "always"});
  Served served(Config(redis));
  served.Revoke("bad");
  const std::string bad = served.TokenWithId("bad");
  const std::string good = served.TokenWithId("good");
  std::atomic<bool> done{false};
  std::atomic<int> wrong_allows{0};
  std::atomic<int> wrong_refusals{0};
  std::atomic<int> calls{0};
  std::vector<std::thread> callers;
  served.world().channel();  // made before the threads
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      while (!done) {
        const auto& channel = served.world().channel();
        if (Perform(channel, World::Call("Unary", bad)).ok()) ++wrong_allows;
        const Answer answer = Perform(channel, World::Call("Unary", good));
        if (answer.code == grpc::StatusCode::UNAUTHENTICATED) ++wrong_refusals;
        ++calls;
      }
    });
  }
  const auto some_calls = [&] {
    return Eventually([&, before = calls.load()] { return calls > before + 20; });
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(some_calls());
    redis.Kill();
    EXPECT_TRUE(some_calls());
    redis.Start();
    redis.Freeze();
    EXPECT_TRUE(some_calls());
    redis.Thaw();
    if (round == 1) redis.Command({"FLUSHALL"});
  }
  EXPECT_TRUE(served.Outage(false));
  EXPECT_TRUE(some_calls());
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong_allows, 0);
  EXPECT_EQ(wrong_refusals, 0);
  served.ExpectAllowed("good");
  served.ExpectRefused("bad", BadCredentials("token_revoked"));
}

}  // namespace
}  // namespace warden::testing
