// What a policy says, over whole calls: denials over roles, inheritance, addresses, broken glass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

const Refused kPolicyDenied = {grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED",
                               "policy_denied"};

constexpr char kPolicy[] = R"(roles:
  caller: {permissions: ["probe.call"]}
  # probe.admin and probe.audit are named by methods alone.
  operator: {inherits: [caller], permissions: ["probe.*"]}
  lead: {inherits: [operator]}
  emergency: {permissions: [probe.admin], break_glass: true}
  local: {permissions: [probe.admin]}
  remote: {permissions: [probe.admin]}
bindings:
  - {roles: [caller], claim: {path: roles, values: [caller, banned]}}
  - {roles: [lead], claim: {path: roles, values: [lead]}}
  - {roles: [emergency, caller], claim: {path: roles, values: [on-call]}}
  - {roles: [local, caller], claim: {path: roles, values: [local]}, addresses: [127.0.0.0/8]}
  - {roles: [remote, caller], claim: {path: roles, values: [remote]}, addresses: [192.0.2.0/24]}
  - {roles: [caller], scopes: ["probe:call"], when: "!has(caller.claims.nowhere) && peer.address == '127.0.0.1'"}
  - {roles: [operator], peer: {spiffe_ids: ["spiffe://probe.test/ops/*"]}}
deny:
  - {description: banned for now, claim: {path: roles, values: [banned]}}
  - {methods: [/warden.testing.v1.Probe/Unary], roles: [operator], claim: {path: dept, values: [sales]}}
  - {permissions: [probe.audit], addresses: [127.0.0.1], claim: {path: dept, values: [sales]}}
  - {when: "method.name == 'Unary' && has(caller.claims.dept) && 'caller' in caller.roles && caller.claims.dept.size() > 9"}
)";

class PolicyE2eTest : public SuiteWorld<PolicyE2eTest> {
 public:
  static WorldOptions Options() { return {.policy = kPolicy}; }

 protected:
  static RawCall As(const std::string& method, const std::string& role,
                    const std::string& dept = "") {
    return World::Call(method, world().Token("alice", {role}, [&](nlohmann::json& claims) {
      if (!dept.empty()) claims["dept"] = dept;
    }));
  }
  static void ExpectDenied(const std::string& method, const RawCall& call, const std::string& why) {
    const Counted before(world());
    before.ExpectRefused(method, Send(call), kPolicyDenied);
    EXPECT_THAT(world().sink().records().back().detail, HasSubstr(why));
  }
  static void ExpectAllowed(const std::string& method, const RawCall& call) {
    const Counted before(world());
    before.ExpectAllowed(method, Send(call));
  }
};

TEST_P(PolicyE2eTest, ADenialWinsOnEveryKindOfMethod) {
  for (const std::string method :
       {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public", "Authenticated"}) {
    ExpectAllowed(method, As(method, "caller"));
    ExpectDenied(method, As(method, "banned"), "policy.yaml:18:5 (banned for now)");
  }
}

TEST_P(PolicyE2eTest, BindingsAndDenialsHangOnConditions) {
  const auto by_scope = [](bool nowhere) {
    return World::Call("Unary", world().Token("alice", {}, [&](nlohmann::json& claims) {
      claims["scope"] = "probe:call";
      if (nowhere) claims["nowhere"] = 1;
    }));
  };
  ExpectAllowed("Unary", by_scope(false));
  {
    const Counted before(world());
    before.ExpectRefused("Unary", Send(by_scope(true)), kDenied);
  }
  // The same caller and method; `size` of a number cannot be evaluated, which denies.
  ExpectAllowed("Unary", As("Unary", "caller", "short"));
  ExpectDenied("Unary", As("Unary", "caller", "a very long department"), "policy.yaml:21:5");
  ExpectAllowed("ServerStream", As("ServerStream", "caller", "a very long department"));
  const RawCall odd = World::Call(
      "Unary",
      world().Token("alice", {"caller"}, [](nlohmann::json& claims) { claims["dept"] = 7; }));
  ExpectDenied("Unary", odd, "policy.yaml:21:5");
}

TEST_P(PolicyE2eTest, TheClientLearnsNothingOfTheDenial) {
  const Answer answer = Send(As("Unary", "banned"));
  EXPECT_EQ(answer.text, "permission denied");
  EXPECT_THAT(answer.Everything(), ::testing::Not(HasSubstr("banned")));
  EXPECT_THAT(answer.Everything(), ::testing::Not(HasSubstr("policy")));
}

TEST_P(PolicyE2eTest, InheritedRolesGiveAndAreDeniedLikeOthers) {
  ExpectAllowed("Restricted", As("Restricted", "lead"));
  ExpectAllowed("AnyOf", As("AnyOf", "lead"));
  ExpectAllowed("Unary", As("Unary", "lead"));
  ExpectDenied("Unary", As("Unary", "lead", "sales"), "policy.yaml:19:5");
  ExpectAllowed("ServerStream", As("ServerStream", "lead", "sales"));
  const Counted before(world());
  before.ExpectRefused("Restricted", Send(As("Restricted", "caller")), kDenied);
}

TEST_P(PolicyE2eTest, AddressesNarrowBindingsAndDenials) {
  ExpectAllowed("Restricted", As("Restricted", "local"));
  const Counted before(world());
  before.ExpectRefused("Restricted", Send(As("Restricted", "remote")), kDenied);
  ExpectDenied("AnyOf", As("AnyOf", "lead", "sales"), "policy.yaml:20:5");
}

TEST_P(PolicyE2eTest, RolesByScopeAndByPattern) {
  ExpectAllowed("Unary", World::Call("Unary", world().Token("bob", {}, [](nlohmann::json& claims) {
                  claims["scope"] = "openid probe:call";
                })));
  const Counted before(world());
  before.ExpectRefused(
      "Unary",
      Send(World::Call(
          "Unary",
          world().Token("bob", {}, [](auto& claims) { claims["scope"] = {"probe:call"}; }))),
      kDenied);
  const Certificate ops = world().Identity("spiffe://probe.test/ops/anybody");
  EXPECT_TRUE(Perform(world().Connect(&ops), World::Call("Restricted", "")).ok());
  const Certificate deeper = world().Identity("spiffe://probe.test/ops/any/body");
  EXPECT_FALSE(Perform(world().Connect(&deeper), World::Call("Restricted", "")).ok());
}

TEST_P(PolicyE2eTest, BrokenGlassLeavesAMark) {
  const auto broken = [&] {
    return world().Metrics()
        ["warden_break_glass_total{method=\"/warden.testing.v1.Probe/"
         "Restricted\"}"];
  };
  const double counted = broken();
  const size_t records = world().sink().records().size();
  EXPECT_TRUE(Send(As("Unary", "on-call")).ok());
  EXPECT_EQ(world().sink().records().size(), records) << "the ordinary role suffices";
  EXPECT_TRUE(Send(As("Restricted", "on-call")).ok());
  EXPECT_EQ(broken(), counted + 1);
  ASSERT_EQ(world().sink().records().size(), records + 1);
  const RefusalRecord record = world().sink().records().back();
  EXPECT_EQ(record.event, "break_glass");
  EXPECT_TRUE(record.allowed);
  EXPECT_EQ(record.reason, "break_glass");
  EXPECT_EQ(record.principal, "alice");
  EXPECT_EQ(record.method, "/warden.testing.v1.Probe/Restricted");
  EXPECT_EQ(record.policy.size(), 64u);
  EXPECT_THAT(record.detail, HasSubstr("break-glass role emergency at "));
}

// Wants nothing, as a log that is flooded.
class FloodedSink final : public DecisionSink {
 public:
  bool Wants(absl::Time) override { return false; }
  void Record(const DecisionRecord& record) override {
    ++records;
    broken += record.event == DecisionEvent::kBreakGlass ? 1 : 0;
  }

  std::atomic<int> records{0};
  std::atomic<int> broken{0};
};

TEST(BreakGlass, IsRecordedHoweverMuchElseIs) {
  const auto sink = std::make_shared<FloodedSink>();
  World world({.policy = kPolicy,
               .extra_config = "policy: {shadow_file: shadow.yaml}\n",
               .customize = [&](ServerBuilder& builder) { builder.SetDecisionSink(sink); }});
  world.Write("shadow.yaml", "roles: {nobody: {permissions: ['*']}}");
  ASSERT_TRUE(world.Start().ok());
  const RawCall call = World::Call("Restricted", world.Token("alice", {"on-call"}));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Perform(world.channel(), call).ok());
  EXPECT_FALSE(
      Perform(world.channel(), World::Call("Restricted", world.Token("bob", {"caller"}))).ok());
  EXPECT_EQ(sink->broken, 3);
  EXPECT_EQ(sink->records, 3) << "neither the refusal nor what the shadow policy would deny";
}

INSTANTIATE_TEST_SUITE_P(Apis, PolicyE2eTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
