// Servers that share limits through Redis, and what happens to them when it fails.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/limited_service.h"
#include "tests/e2e/suite_world.h"
#include "tests/support/redis_server.h"
#include "warden/testing/v1/limits.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A server, and those it lets in.
class Served {
 public:
  Served(Api api, const std::string& config, absl::Duration clock_skew = absl::ZeroDuration())
      : service_(MakeSharedLimited(api, &calls_)),
        world_({.api = api,
                .extra_config = config,
                .customize = [this, clock_skew](ServerBuilder& builder) {
                  builder.RegisterService(service_.get());
                  builder.SetClock([clock_skew] { return absl::Now() + clock_skew; });
                }}) {
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
    world_.channel();
  }
  Answer Send(const std::string& method, const std::string& caller, int size = 0) {
    v1::LimitedRequest request;
    if (size != 0) request.mutable_page()->set_size(size);
    const std::string token = world_.Token(caller, {"caller"}, [](nlohmann::json& claims) {
      claims["exp"] = absl::ToUnixSeconds(absl::Now() + absl::Hours(72));
    });
    RawCall call = World::Call("", token, request.SerializeAsString());
    call.method = "/warden.testing.v1.SharedLimited/" + method;
    return Perform(world_.channel(), call);
  }
  // How many of so many calls were let through; the rest were refused as `reason`.
  int Admitted(int times, const std::string& method, const std::string& caller, int size = 0,
               const std::string& reason = "RATE_LIMITED") {
    const int before = calls_.runs;
    int admitted = 0;
    for (int i = 0; i < times; ++i) {
      const Answer answer = Send(method, caller, size);
      if (answer.ok()) {
        ++admitted;
      } else {
        EXPECT_EQ(answer.reason, reason) << answer.text;
      }
    }
    EXPECT_EQ(calls_.runs - before, admitted);
    return admitted;
  }
  double Metric(const std::string& name) const { return world_.Metrics()[name]; }
  bool Up(bool is) const {
    return Eventually([&] { return Metric("warden_limit_store_up") == (is ? 1 : 0); });
  }

 private:
  LimitedCalls calls_;
  std::unique_ptr<grpc::Service> service_;
  World world_;
};

std::string Config(const RedisServer& redis, const std::string& more = "") {
  return absl::StrCat("limits:\n  redis: {address: \"", redis.address(), "\"}\n", more);
}

class LimitsRedisTest : public ::testing::TestWithParam<Api> {};

TEST_P(LimitsRedisTest, ServersShareWhateverTheirClocksSay) {
  const RedisServer redis;
  Served one(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  Served two(GetParam(), Config(redis, "  store_timeout: 5s\n"), absl::Hours(20));
  EXPECT_EQ(one.Admitted(4, "Open", "alice"), 4);
  EXPECT_EQ(two.Admitted(4, "Open", "alice"), 2);
  EXPECT_EQ(one.Admitted(2, "Open", "alice"), 0);
  EXPECT_EQ(two.Admitted(8, "Open", "bob"), 6);
  EXPECT_EQ(two.Admitted(4, "Closed", "alice"), 4) << "another limit";
  EXPECT_EQ(one.Admitted(4, "Closed", "alice"), 2);
  const Answer refused = two.Send("Open", "alice");
  EXPECT_TRUE(refused.has_retry_info);
  EXPECT_GT(refused.retry_after, absl::Hours(3));
  EXPECT_LE(refused.retry_after, absl::Hours(4));
  EXPECT_EQ(refused.quota_subject, "principal");
  EXPECT_EQ(refused.Trailer("ratelimit-limit"), "6, 6;w=86400");
  EXPECT_EQ(refused.Trailer("ratelimit-remaining"), "0");
  // No caller's name stands in the store.
  EXPECT_THAT(redis.Command({"KEYS", "*"}), Not(HasSubstr("alice")));
  EXPECT_THAT(redis.Command({"KEYS", "*"}), HasSubstr("warden:limit:{"));
}

// What a limit says is part of its buckets' names: with other numbers they begin anew, for all.
TEST_P(LimitsRedisTest, OtherNumbersAreSharedByThoseWhoHaveThem) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) /
                                     absl::StrCat("shared-limits-", getpid(), ".yaml");
  const auto write = [&](const std::string& overrides) {
    const std::string whole = file.string() + ".new";
    std::ofstream(whole) << "overrides: [" << overrides << "]\n";
    std::filesystem::rename(whole, file);
  };
  write("");
  const RedisServer redis;
  const std::string config = Config(
      redis, absl::StrCat("  store_timeout: 5s\n  reload_interval: 100ms\n  override_file: \"",
                          file.string(), "\"\n"));
  Served one(GetParam(), config);
  Served two(GetParam(), config);
  EXPECT_EQ(one.Admitted(4, "Open", "alice"), 4);
  EXPECT_EQ(two.Admitted(4, "Closed", "alice"), 4);
  write("{method: /warden.testing.v1.SharedLimited/Open, requests: 3}");
  for (const Served* server : {&one, &two}) {
    ASSERT_TRUE(Eventually([&] {
      return server->Metric("warden_reloads_total{file=\"limits\",result=\"ok\"}") == 1;
    }));
  }
  EXPECT_EQ(one.Admitted(2, "Open", "alice"), 2);
  EXPECT_EQ(two.Admitted(2, "Open", "alice"), 1);
  EXPECT_EQ(one.Admitted(1, "Open", "alice"), 0);
  EXPECT_EQ(one.Admitted(9, "Closed", "alice"), 2) << "the other limit keeps its buckets";
  std::filesystem::remove(file);
}

TEST_P(LimitsRedisTest, StreamsAndBodiesAreChargedLikewise) {
  const RedisServer redis;
  Served one(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  Served two(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  EXPECT_EQ(one.Admitted(1, "ByField", "alice", 6), 1);
  EXPECT_EQ(two.Admitted(1, "ByField", "alice", 5), 0);
  EXPECT_EQ(two.Admitted(1, "ByField", "alice", 4), 1);
  EXPECT_EQ(one.Admitted(1, "ByField", "alice", 1), 0);
  EXPECT_FALSE(one.Send("ByField", "bob", 11).has_retry_info) << "more than there ever is";
  EXPECT_EQ(one.Admitted(2, "Stream", "alice"), 2);
  EXPECT_EQ(two.Admitted(2, "Stream", "alice"), 1);
}

TEST_P(LimitsRedisTest, WhatTheStoreRefusesIsNotChargedHere) {
  const RedisServer redis;
  Served one(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  EXPECT_EQ(one.Admitted(10, "Both", "alice"), 2);
  EXPECT_EQ(one.Admitted(10, "Both", "bob"), 2) << "alice's refusals took nothing of the four";
  EXPECT_EQ(one.Admitted(2, "Both", "carol"), 0);
  // And what is refused here was not charged there.
  Served two(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  EXPECT_EQ(two.Admitted(4, "Both", "carol"), 2);
}

TEST_P(LimitsRedisTest, ALeaseSavesRoundTripsAndNeverAdmitsMore) {
  const RedisServer redis;
  Served one(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  Served two(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  EXPECT_EQ(one.Admitted(10, "Leased", "alice"), 10);
  EXPECT_EQ(one.Metric("warden_limit_store_questions_total"), 2 + 1) << "and one for the script";
  EXPECT_EQ(two.Admitted(7, "Leased", "alice"), 7);
  EXPECT_EQ(one.Admitted(5, "Leased", "alice"), 0) << "the other three are leased to the other";
  EXPECT_EQ(two.Admitted(5, "Leased", "alice"), 3);
}

TEST_P(LimitsRedisTest, AnOutageIsDecidedAsEachLimitSays) {
  RedisServer redis;
  Served served(GetParam(), Config(redis, "  store_timeout: 1s\n"));
  EXPECT_EQ(served.Admitted(1, "Open", "early"), 1);
  for (const bool freeze : {false, true}) {
    const std::string alice = freeze ? "alice-frozen" : "alice";
    freeze ? redis.Freeze() : redis.Kill();
    // The first ones find out.
    EXPECT_EQ(served.Admitted(9, "Open", alice), 6) << "the same limit, kept here";
    EXPECT_EQ(served.Admitted(5, "Closed", alice, 0, "UNAVAILABLE"), 0);
    EXPECT_TRUE(served.Up(false));
    EXPECT_GT(served.Metric("warden_limit_store_outage_calls_total{result=\"local\"}"), 0);
    EXPECT_GT(served.Metric("warden_limit_store_outage_calls_total{result=\"refused\"}"), 0);
    EXPECT_GT(served.Metric("warden_limit_store_errors_total"), 0);
    freeze ? redis.Thaw() : redis.Start();
    ASSERT_TRUE(served.Up(true));
    // Restarted without its data, the store begins anew.
    EXPECT_GE(served.Admitted(12, "Closed", alice, 0, "RATE_LIMITED"), 5);
  }
}

TEST_P(LimitsRedisTest, AStoreThatIsEmptiedBeginsAnew) {
  const RedisServer redis;
  Served served(GetParam(), Config(redis, "  store_timeout: 5s\n"));
  EXPECT_EQ(served.Admitted(8, "Open", "alice"), 6);
  redis.Command({"FLUSHALL"});
  redis.Command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(served.Admitted(8, "Open", "alice"), 6);
}

// Callers keep calling while the store comes and goes: each is answered, none with anything but
// what its limit says, and no call is lost.
TEST_P(LimitsRedisTest, EveryCallIsAnsweredWhileRedisComesAndGoes) {
  RedisServer redis;
  Served served(GetParam(), Config(redis));
  std::atomic<bool> done{false};
  std::atomic<int> calls{0}, wrong{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&, i] {
      for (int n = 0; !done; ++n) {
        const std::string caller = absl::StrCat("caller-", i, "-", n / 4);
        const Answer open = served.Send("Open", caller);
        if (!open.ok() && open.reason != "RATE_LIMITED") ++wrong;
        const Answer closed = served.Send("Closed", caller);
        if (!closed.ok() && closed.reason != "RATE_LIMITED" && closed.reason != "UNAVAILABLE") {
          ++wrong;
        }
        ++calls;
      }
    });
  }
  const auto some_calls = [&] {
    return Eventually([&, before = calls.load()] { return calls > before + 20; });
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(some_calls());
    redis.Kill();
    EXPECT_TRUE(some_calls());
    redis.Start();
    redis.Freeze();
    EXPECT_TRUE(some_calls());
    redis.Thaw();
  }
  EXPECT_TRUE(served.Up(true));
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(LimitsRedisStartTest, WhatIsMissingOrWrongStopsTheStart) {
  LimitedCalls calls;
  const auto start = [&](const std::string& config) {
    const auto service = MakeSharedLimited(Api::kSync, &calls);
    World world({.extra_config = config, .customize = [&](ServerBuilder& builder) {
                   builder.RegisterService(service.get());
                 }});
    return std::string(world.Start().message());
  };
  EXPECT_THAT(start(""), HasSubstr("SharedLimited.Open: rate_limit: store: SHARED needs "
                                   "limits.redis in the configuration"));
  const std::string error = start(
      "limits:\n  redis: {address: nowhere, username: u, poll_interval: 1s, ca_file: none.crt}\n"
      "  service: {address: a, domain: b}\n  store_timeout: 0s\n");
  EXPECT_THAT(error, HasSubstr("limits.redis.address: must be HOST:PORT"));
  EXPECT_THAT(error, HasSubstr("limits.redis.username: needs password_file"));
  EXPECT_THAT(error, HasSubstr("limits.redis.poll_interval: has no meaning here"));
  EXPECT_THAT(error, HasSubstr("limits.redis.ca_file: "));
  EXPECT_THAT(error, HasSubstr("limits.store_timeout: must be from 1ms to 10s"));
  EXPECT_THAT(error, HasSubstr("limits.service.address: must be HOST:PORT"));
}

INSTANTIATE_TEST_SUITE_P(Apis, LimitsRedisTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
