// Limits that get other numbers while the server runs. Handlers are counted, not only statuses, and
// what is regained takes hours, so that counts say all and times nothing.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fake_rate_limits.h"
#include "tests/e2e/limits_world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kFile[] = "limits.yaml";
constexpr char kWatched[] = "limits: {override_file: limits.yaml, reload_interval: 100ms}\n";

// As operators do it: the file is whole whenever it is read.
void Replace(const World& world, const std::string& text) {
  world.Write("limits.yaml.new", text);
  std::filesystem::rename(world.folder() / "limits.yaml.new", world.folder() / kFile);
}

double Reloads(const World& world, const std::string& result) {
  return world
      .Metrics()[absl::StrCat("warden_reloads_total{file=\"limits\",result=\"", result, "\"}")];
}

// Of a limit that is annotated with 10 a day.
std::string SharedBurst(int burst) {
  return absl::StrCat("overrides: [{name: shared, burst: ", burst, "}]\n");
}

class LimitsReload : public LimitsWorldTest {
 protected:
  void StartWith(const std::string& overrides) { Start(kWatched, {{kFile, overrides}}); }
  // Calls that begin once it returns are judged by the new numbers.
  void Change(const std::string& overrides) {
    const double before = Reloads(*world_, "ok");
    Replace(*world_, overrides);
    ASSERT_TRUE(Eventually([&] { return Reloads(*world_, "ok") == before + 1; }));
  }
};

// Calls of one caller from several threads until it goes.
class Load {
 public:
  Load(const std::shared_ptr<grpc::Channel>& channel, const RawCall& call) {
    for (int i = 0; i < 4; ++i)
      threads_.emplace_back([this, channel, call] { Run(channel, call); });
  }
  ~Load() { Stop(); }
  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  // So many more calls that have begun since were refused.
  bool SeesRefusals(int count) const {
    const int before = refused;
    return Eventually([&] { return refused >= before + count; });
  }

  std::atomic<int> admitted{0};
  std::atomic<int> refused{0};
  std::atomic<int> wrong{0};  // otherwise than by a limit

 private:
  void Run(const std::shared_ptr<grpc::Channel>& channel, const RawCall& call) {
    while (!stop_) {
      const Answer answer = Perform(channel, call);
      ++(answer.ok() ? admitted : answer.reason == "RATE_LIMITED" ? refused : wrong);
    }
  }

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

TEST_P(LimitsReload, TightenedAndRelaxedMidTraffic) {
  StartWith(SharedBurst(50));
  EXPECT_EQ(Admitted(3, "Cheap", Caller("bob")), 3);
  EXPECT_EQ(Admitted(3, "Twice", Caller("alice")), 2);
  const int before = calls_.runs;
  const auto runs = [&] { return calls_.runs - before; };
  Load load(world_->channel(), Call("Cheap", Caller("alice")));
  const auto settles_at = [&](int most) {
    ASSERT_TRUE(Eventually([&] { return runs() == most; })) << runs();
    ASSERT_TRUE(load.SeesRefusals(40));
    EXPECT_EQ(runs(), most);
  };
  settles_at(50);
  Change(SharedBurst(80));
  settles_at(80);
  Change(SharedBurst(8));
  settles_at(80);
  // The bucket was cut to an empty one of eight.
  Change("overrides: []\n");
  settles_at(82);
  load.Stop();
  EXPECT_EQ(load.wrong, 0);
  EXPECT_EQ(load.admitted, 82);
  EXPECT_EQ(runs(), 82) << "a handler ran for each call that was let through, and for no other";
  // Nobody has got a fresh bucket of any of these numbers, nor of other limits.
  EXPECT_EQ(Admitted(10, "Cheap", Caller("bob")), 7);
  EXPECT_EQ(Admitted(3, "Twice", Caller("alice")), 0);
  EXPECT_EQ(Reloads(*world_, "error"), 0);
}

TEST_P(LimitsReload, WhatIsMissingStaysMissing) {
  StartWith("overrides: []\n");
  EXPECT_EQ(Admitted(20, "Cheap", Caller("empty")), 10);
  EXPECT_EQ(Admitted(5, "Cheap", Caller("half")), 5);
  Change("overrides: [{name: shared, requests: 100}]\n");
  EXPECT_EQ(Admitted(20, "Cheap", Caller("empty")), 0) << "it was empty";
  EXPECT_EQ(Admitted(60, "Cheap", Caller("half")), 50);
  EXPECT_EQ(Admitted(110, "Cheap", Caller("new")), 100);
  Change("overrides: [{name: shared, requests: 4}]\n");
  for (const char* const caller : {"empty", "half", "new"}) {
    EXPECT_EQ(Admitted(5, "Cheap", Caller(caller)), 0) << caller;
  }
  EXPECT_EQ(Admitted(5, "Cheap", Caller("newer")), 4);
  EXPECT_EQ(Send("Cheap", Caller("newer")).Trailer("ratelimit-limit"), "4, 4;w=86400");
  EXPECT_EQ(Admitted(2, "Dear", Caller("last")), 1) << "at four each";
}

TEST_P(LimitsReload, OneOfAMethodsLimitsAndWindows) {
  StartWith("overrides: []\n");
  EXPECT_EQ(Admitted(4, "Sliding", Caller("alice")), 3);
  EXPECT_EQ(Admitted(4, "Fixed", Caller("alice")), 3);
  EXPECT_EQ(Admitted(4, "Twice", Caller("alice")), 2);
  Change(
      "overrides:\n"
      "- {method: /warden.testing.v1.Limited/Sliding, requests: 5}\n"
      "- {method: /warden.testing.v1.Limited/Fixed, requests: 4}\n"
      "- {method: /warden.testing.v1.Limited/Twice, index: 1, burst: 4}\n");
  EXPECT_EQ(Admitted(4, "Sliding", Caller("alice")), 2);
  EXPECT_EQ(Admitted(4, "Fixed", Caller("alice")), 1);
  EXPECT_EQ(Admitted(4, "Twice", Caller("alice")), 0) << "by the first of its limits, as before";
  EXPECT_EQ(Admitted(4, "Twice", Caller("bob")), 2) << "two of the four are left for all";
  EXPECT_EQ(Admitted(4, "Twice", Caller("carol")), 0);
  Change("overrides: [{method: /warden.testing.v1.Limited/Sliding, requests: 4}]\n");
  EXPECT_EQ(Admitted(4, "Sliding", Caller("alice")), 0);
  EXPECT_EQ(Admitted(9, "Sliding", Caller("bob")), 4);
}

TEST_P(LimitsReload, LimitsOfTheConnection) {
  const std::string config =
      "limits:\n"
      "  override_file: limits.yaml\n"
      "  reload_interval: 100ms\n"
      "  connection:\n"
      "    - {requests: 1000, per: 30d, key: [ADDRESS]}\n"
      "    - {requests: 30, per: 30d, burst: 3, key: [PEER]}\n";
  Start(config, {{kFile, "overrides: [{connection: 1, burst: 5}]\n"}});
  const std::string alice = Caller("alice");
  EXPECT_EQ(Admitted(9, "ByField", alice), 5) << "the file counts from the start";
  Change("overrides: [{connection: 1, burst: 7}]\n");
  EXPECT_EQ(Admitted(9, "ByField", alice), 2);
  EXPECT_GE(Decisions("ByField", "connection_limited"), 1);
  const double judged = Judged();
  Change("overrides: [{connection: 1, burst: 2}]\n");
  EXPECT_EQ(Admitted(9, "ByField", alice), 0);
  EXPECT_EQ(Judged(), judged) << "still before any signature";
}

TEST_P(LimitsReload, WhatIsWrongLeavesTheLastGood) {
  StartWith("overrides: [{name: shared, requests: 6}]\n");
  EXPECT_EQ(Admitted(3, "Cheap", Caller("alice")), 3);
  const std::string bad[] = {
      "not yaml: [",
      "",
      "overrides: [{name: shard, requests: 9}]",
      "overrides: [{name: shared, requests: 3}]",  // Dear costs 4
      // Of two, the first of which is right: neither is taken.
      "overrides: [{name: shared, requests: 9}, {method: /warden.testing.v1.Limited/Fixed, burst: "
      "9}]",
      "overrides: [{method: /warden.testing.v1.Limited/Hold, requests: 9}]",
      std::string(2 << 20, '#'),
  };
  double failed = 0;
  for (const std::string& text : bad) {
    Replace(*world_, text);
    ++failed;
    ASSERT_TRUE(Eventually([&] { return Reloads(*world_, "error") == failed; }))
        << text.substr(0, 90);
  }
  std::filesystem::remove(world_->folder() / kFile);
  ASSERT_TRUE(Eventually([&] { return Reloads(*world_, "error") == failed + 1; }));
  EXPECT_EQ(Reloads(*world_, "ok"), 0);
  EXPECT_EQ(Admitted(9, "Cheap", Caller("alice")), 3) << "the numbers and the buckets of before";
  EXPECT_EQ(Admitted(9, "Cheap", Caller("bob")), 6);
  EXPECT_EQ(world_->Metrics()["warden_health_check{check=\"files\"}"], 0.5) << "degraded";
  Change("overrides: [{name: shared, requests: 6}]\n");
  EXPECT_EQ(Admitted(9, "Cheap", Caller("bob")), 0);
  EXPECT_EQ(Admitted(9, "Cheap", Caller("carol")), 6);
}

// A call that is judged in two steps, with a change between them.
TEST_P(LimitsReload, AWaitingCallIsJudgedByTheNumbersItBeganWith) {
  FakeService service;
  LimitedCalls calls;
  const std::unique_ptr<grpc::Service> limited = MakeServiceLimited(GetParam(), &calls);
  const auto say = [](int burst) {
    return absl::StrCat(
        "overrides: [{method: /warden.testing.v1.ServiceLimited/Open, burst: ", burst, "}]\n");
  };
  World world(
      {.api = GetParam(),
       .extra_config =
           absl::StrCat("limits:\n  override_file: limits.yaml\n  reload_interval: 100ms\n"
                        "  store_timeout: 10s\n  service: {address: \"127.0.0.1:",
                        service.port(), "\", domain: shop}\n"),
       .customize = [&](ServerBuilder& builder) { builder.RegisterService(limited.get()); }});
  world.Write(kFile, say(3));
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  RawCall call = World::Call("", world.Token("alice", {"caller"}));
  call.method = "/warden.testing.v1.ServiceLimited/Open";
  const std::shared_ptr<grpc::Channel> channel = world.channel();
  // In an outage this process decides: one of three is taken.
  service.Answer([](const RateLimitRequest&, RateLimitResponse* response) {
    response->set_overall_code(RateLimitResponse::UNKNOWN);
  });
  ASSERT_TRUE(Perform(channel, call).ok());
  service.TakeAsked();
  service.Hold(true);
  Answer waited;
  std::thread waiting([&] { waited = Perform(channel, call); });
  const bool asked = Eventually([&] { return !service.TakeAsked().empty(); });
  Replace(world, say(1));
  const bool changed = Eventually([&] { return Reloads(world, "ok") == 1; });
  service.Hold(false);
  waiting.join();
  ASSERT_TRUE(asked && changed);
  EXPECT_TRUE(waited.ok()) << "by the three it began with: " << waited.text;
  EXPECT_EQ(Perform(channel, call).reason, "RATE_LIMITED") << "by the one that holds now";
  EXPECT_EQ(calls.runs, 2);
}

INSTANTIATE_TEST_SUITE_P(Apis, LimitsReload, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

std::string StartError(const std::string& limits, const std::string& overrides) {
  KeyWorld world({.extra_config = limits});
  if (!overrides.empty()) world.Write(kFile, overrides);
  return std::string(world.Start().message());
}

TEST(LimitsReloadStart, EveryProblemStopsTheStart) {
  const std::string error = StartError(
      kWatched, "overrides:\n- {name: nothing, requests: 5}\n- {connection: 3, requests: 0}\n");
  EXPECT_THAT(error, HasSubstr("limits.override_file: "));
  EXPECT_THAT(error, HasSubstr("limits.yaml:2:4: overrides[0].name: no served method has"));
  EXPECT_THAT(error, HasSubstr("limits.yaml:3:4: overrides[1].connection: limits.connection has"));
  EXPECT_THAT(error, HasSubstr("limits.yaml:3:19: overrides[1].requests: must be at least 1"));
  EXPECT_THAT(error, HasSubstr("warden.yaml:")) << "and where the file is named";
}

TEST(LimitsReloadStart, AFileThatIsNotThereDoes) {
  EXPECT_THAT(StartError(kWatched, ""), HasSubstr("limits.override_file: "));
}

TEST(LimitsReloadStart, TheIntervalHasBounds) {
  for (const char* const interval : {"99ms", "25h", "0s"}) {
    EXPECT_THAT(
        StartError(
            absl::StrCat("limits: {override_file: limits.yaml, reload_interval: ", interval, "}\n"),
            "overrides: []\n"),
        HasSubstr("limits.reload_interval: must be 100ms to 1d"))
        << interval;
  }
  EXPECT_THAT(StartError("limits: {reload_interval: 1s}\n", ""),
              HasSubstr("limits.reload_interval: only with override_file"));
}

}  // namespace
}  // namespace warden::testing
