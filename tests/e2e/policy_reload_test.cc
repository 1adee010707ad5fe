// The policy's file changes while the server runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"
#include "warden/testing/v1/probe.pb.h"

namespace warden::testing {
namespace {

constexpr char kWatched[] = "policy:\n  reload_interval: 100ms\n";

// Two versions with the same names for other things. Under A, alice is `left` and may call Unary;
// under B she is `right` and may call Restricted, in place of it: with roles of the one and rules
// of the other she could call both, or would have the other's roles. The permissions' ids differ.
constexpr char kVersionA[] = R"(
roles:
  left: {permissions: [probe.call]}
  right: {permissions: [aaa.first, probe.admin, probe.audit, probe.call]}
bindings:
  - {roles: [left], claim: {path: roles, values: [swapped]}}
  - {roles: [right], claim: {path: roles, values: [never]}}
deny:
  - {claim: {path: roles, values: [swapped]}, methods: [/warden.testing.v1.Probe/AnyOf]}
)";
constexpr char kVersionB[] = R"(
roles:
  left: {permissions: ["probe.*"]}
  right: {permissions: [probe.audit]}
bindings:
  - {roles: [right], claim: {path: roles, values: [swapped]}}
  - {roles: [left], claim: {path: roles, values: [never]}}
deny:
  - {claim: {path: roles, values: [other]}, methods: [/warden.testing.v1.Probe/AnyOf]}
)";

// As operators do it: the file is whole whenever it is read.
void Replace(const World& world, const std::string& text, const std::string& name = "policy.yaml") {
  world.Write(name + ".new", text);
  std::filesystem::rename(world.folder() / (name + ".new"), world.folder() / name);
}

double Reloads(World& world, const std::string& result, const std::string& file = "policy") {
  return world
      .Metrics()[absl::StrCat("warden_reloads_total{file=\"", file, "\",result=\"", result, "\"}")];
}

std::string VersionInForce(World& world) {
  for (const auto& [name, value] : world.Metrics()) {
    if (name.starts_with("warden_policy_info{")) return name;
  }
  return "";
}

class PolicyReload : public ::testing::TestWithParam<Api> {
 protected:
  void Start(const std::string& policy) {
    Replace(world_, policy);
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(const std::string& method, const std::string& role = "swapped") {
    return Perform(world_.channel(), World::Call(method, world_.Token("alice", {role})));
  }

  World world_{{.api = GetParam(), .extra_config = kWatched}};
};

TEST_P(PolicyReload, IsTakenUpAndCounted) {
  Start(kVersionA);
  EXPECT_TRUE(Send("Unary").ok());
  EXPECT_FALSE(Send("AnyOf").ok());
  const std::string first = VersionInForce(world_);
  Replace(world_, kVersionB);
  ASSERT_TRUE(Eventually([&] { return Reloads(world_, "ok") == 1; }));
  EXPECT_NE(VersionInForce(world_), first);
  EXPECT_FALSE(Send("Unary").ok());
  EXPECT_TRUE(Send("AnyOf").ok());
  EXPECT_EQ(Reloads(world_, "error"), 0);
}

TEST_P(PolicyReload, WhatIsWrongLeavesTheLastGood) {
  Start(kVersionA);
  const std::string first = VersionInForce(world_);
  const std::string good = kVersionB;
  const std::string bad[] = {
      "not yaml: [",
      "",
      "roles: &a {}",
      good + "  - {roles: [nobody]}\n",
      // Only start-up's other checks find these: a permission that a method asks for and nobody
      // gives, a denial that denies nothing, an issuer that is not trusted, keys that are not
      // there.
      "roles: {r: {permissions: [probe.call]}}",
      good + "  - {roles: [left], methods: [/warden.testing.v1.Probe/Unray]}\n",
      good + "  - {roles: [left], scopes: [x], issuer: 'https://other.test'}\n",
      good + "  - {api_key: {ids: [key]}}\n",
      std::string(10 << 20, '#'),
  };
  double failed = 0;
  for (const std::string& text : bad) {
    Replace(world_, text);
    ++failed;
    ASSERT_TRUE(Eventually([&] { return Reloads(world_, "error") == failed; }))
        << text.substr(0, 90);
    EXPECT_TRUE(Send("Unary").ok());
    EXPECT_FALSE(Send("AnyOf").ok());
  }
  std::filesystem::remove(world_.folder() / "policy.yaml");
  ASSERT_TRUE(Eventually([&] { return Reloads(world_, "error") == failed + 1; }));
  EXPECT_TRUE(Send("Unary").ok());
  EXPECT_EQ(VersionInForce(world_), first);
  EXPECT_EQ(Reloads(world_, "ok"), 0);
  // The same content again is a recovery, and so is a new one.
  Replace(world_, kVersionA);
  ASSERT_TRUE(Eventually([&] { return Reloads(world_, "ok") == 1; }));
  EXPECT_EQ(VersionInForce(world_), first);
  Replace(world_, kVersionB);
  ASSERT_TRUE(Eventually([&] { return Reloads(world_, "ok") == 2; }));
  EXPECT_TRUE(Send("AnyOf").ok());
}

// Calls from several threads until it goes.
class Load {
 public:
  Load(const std::shared_ptr<grpc::Channel>& channel, const std::string& token) {
    for (int i = 0; i < 4; ++i)
      threads_.emplace_back([this, channel, token] { Run(channel, token); });
  }
  ~Load() { Stop(); }
  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  // Answers that neither version gives: what neither allows, roles of the other version, errors.
  std::atomic<int> wrong{0};
  std::atomic<int> allowed_by_a{0};
  std::atomic<int> allowed_by_b{0};

 private:
  void Run(const std::shared_ptr<grpc::Channel>& channel, const std::string& token) {
    while (!stop_) {
      for (const std::string method : {"Unary", "AnyOf", "Restricted"}) {
        const Answer answer = Perform(channel, World::Call(method, token));
        if (!answer.ok()) {
          if (answer.code != grpc::StatusCode::PERMISSION_DENIED) ++wrong;
          continue;
        }
        v1::ProbeReply reply;
        reply.ParseFromString(answer.replies.at(0));
        const std::string role = method == "Unary" ? "left" : "right";
        if (method == "Restricted" || reply.roles_size() != 1 || reply.roles(0) != role) ++wrong;
        ++(method == "Unary" ? allowed_by_a : allowed_by_b);
      }
    }
  }

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// While versions swap, a call is decided by one of them, the handler sees the roles of the version
// that let it in, and no call fails otherwise.
TEST_P(PolicyReload, UnderLoadNoDecisionIsOfTwoVersions) {
  Start(kVersionA);
  Load load(world_.channel(), world_.Token("alice", {"swapped"}));
  for (int swap = 1; swap <= 12; ++swap) {
    Replace(world_, swap % 2 == 1 ? kVersionB : kVersionA);
    ASSERT_TRUE(Eventually([&] { return Reloads(world_, "ok") == swap; }));
    // Each version has let somebody in before the next comes.
    const std::atomic<int>& seen = swap % 2 == 1 ? load.allowed_by_b : load.allowed_by_a;
    const int before = seen;
    ASSERT_TRUE(Eventually([&] { return seen > before; }));
  }
  load.Stop();
  EXPECT_EQ(load.wrong, 0);
  EXPECT_EQ(world_.runs(), load.allowed_by_a + load.allowed_by_b);
}

INSTANTIATE_TEST_SUITE_P(Apis, PolicyReload, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& info) {
                           return info.param == Api::kSync ? "Sync" : "Callback";
                         });

// The candidate of these tests allows what A refuses, and the other way round.
class ShadowPolicy : public ::testing::Test {
 protected:
  void SetUp() override {
    Replace(world_, kVersionA);
    Replace(world_, kVersionB, "shadow.yaml");
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(const std::string& method) {
    return Perform(world_.channel(), World::Call(method, world_.Token("alice", {"swapped"})));
  }
  double Differences(const std::string& method, const std::string& kind) {
    return world_.Metrics()[absl::StrCat(
        "warden_shadow_differences_total{method=\"/warden.testing.v1.Probe/", method, "\",kind=\"",
        kind, "\"}")];
  }

  World world_{{.extra_config = std::string(kWatched) + "  shadow_file: shadow.yaml\n"}};
};

TEST_F(ShadowPolicy, DifferencesAreCountedAndRecordedAndNothingIsEnforced) {
  EXPECT_TRUE(Send("Unary").ok());
  EXPECT_EQ(Differences("Unary", "would_deny"), 1);
  ASSERT_EQ(world_.sink().records().size(), 1u);
  const RefusalRecord would_deny = world_.sink().records()[0];
  EXPECT_EQ(would_deny.event, "shadow_difference");
  EXPECT_EQ(would_deny.reason, "would_deny");
  EXPECT_EQ(would_deny.detail, "lacks probe.call");
  EXPECT_TRUE(would_deny.allowed);

  EXPECT_FALSE(Send("AnyOf").ok());
  EXPECT_EQ(Differences("AnyOf", "would_allow"), 1);
  ASSERT_EQ(world_.sink().records().size(), 3u) << "the refusal itself, too";
  EXPECT_EQ(world_.sink().records()[1].reason, "would_allow");
  EXPECT_FALSE(world_.sink().records()[1].allowed);
  EXPECT_EQ(world_.sink().records()[2].reason, "policy_denied");

  EXPECT_FALSE(Send("Restricted").ok());  // both refuse
  EXPECT_EQ(Differences("Restricted", "would_allow"), 0);
  EXPECT_EQ(Differences("Restricted", "would_deny"), 0);
}

TEST_F(ShadowPolicy, ABrokenCandidateStopsNothing) {
  Replace(world_, "roles: [", "shadow.yaml");
  ASSERT_TRUE(Eventually([&] { return Reloads(world_, "error", "shadow_policy") == 1; }));
  EXPECT_TRUE(Send("Unary").ok());
  EXPECT_EQ(Differences("Unary", "would_deny"), 1) << "the last good candidate goes on";
  Replace(world_, kVersionA, "shadow.yaml");
  ASSERT_TRUE(Eventually([&] { return Reloads(world_, "ok", "shadow_policy") == 1; }));
  EXPECT_TRUE(Send("Unary").ok());
  EXPECT_EQ(Differences("Unary", "would_deny"), 1);
  EXPECT_EQ(Reloads(world_, "ok"), 0) << "the policy in force has not changed";
}

TEST(ShadowPolicyStart, AWrongCandidateIsAnErrorAtStartUp) {
  World world({.extra_config = "policy: {shadow_file: shadow.yaml}\n"});
  world.Write("shadow.yaml", "roles: {r: {inherits: [r]}}");
  const std::string error(world.Start().message());
  EXPECT_THAT(error, ::testing::HasSubstr("shadow.yaml:1:"));
  EXPECT_THAT(error, ::testing::HasSubstr("inherits from itself: r -> r"));
}

TEST(PolicyStart, ReloadsFasterThanTenTimesASecondAreRefused) {
  World world({.extra_config = "policy: {reload_interval: 99ms}\n"});
  EXPECT_THAT(std::string(world.Start().message()),
              ::testing::HasSubstr("policy.reload_interval: must be at least 100ms"));
}

}  // namespace
}  // namespace warden::testing
