// Explanations agree with decisions and name the lines that made them.
#include "authz/policy/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tests/authz/policy/policy_testing.h"

namespace warden {
namespace {

using testing::Asks;
using testing::DnsPeer;
using ::testing::ElementsAre;
using testing::GoodPolicy;

constexpr char kPolicy[] = R"(roles:
  reader: {permissions: [orders.read]}
  clerk: {inherits: [reader], permissions: ["orders.*"]}
  emergency: {permissions: [users.delete], break_glass: true}
bindings:
  - {roles: [clerk], claim: {path: role, values: [clerk]}, issuer: i}
  - {roles: [emergency], peer: {dns_names: [on-call]}, addresses: [10.0.0.0/8]}
deny:
  - {description: no cancelling from outside, permissions: [orders.cancel], addresses: [192.0.2.0/24]}
  - {permissions: [users.delete], roles: [clerk], scopes: [temp]}
)";

// One line a step: "+ binding policy.yaml:6:5 gives clerk"; `!` marks what decided.
std::vector<std::string> Lines(const Explanation& explanation) {
  std::vector<std::string> lines;
  for (const ExplainStep& step : explanation.steps) {
    lines.push_back(absl::StrCat(step.holds ? "+" : "-", step.decisive ? "! " : " ",
                                 std::string(ToString(step.kind)), " ", step.place,
                                 step.place.empty() ? "" : " ", step.text));
  }
  return lines;
}

class Explain : public ::testing::Test {
 protected:
  Explanation Run(const MethodAccess& access, const std::string& address,
                  const nlohmann::json& claims, const Peer* peer = nullptr) {
    const TokenClaims token{"i", claims};
    return *ExplainAccess(policy_, access, "/shop.v1.Orders/M", {.peer = peer, .token = &token},
                          address);
  }

  std::shared_ptr<const Policy> policy_ = GoodPolicy(kPolicy);
  const nlohmann::json clerk_ = {{"role", "clerk"}};
};

TEST_F(Explain, AllowsByInheritanceAndWildcard) {
  EXPECT_THAT(
      Lines(Run(Asks({"orders.cancel"}), "10.0.0.1", clerk_)),
      ElementsAre("+ binding policy.yaml:6:5 gives clerk",
                  "- binding policy.yaml:7:5 does not give emergency: peer does not hold",
                  "+ role policy.yaml:3:3 clerk",
                  "+ role policy.yaml:2:3 reader, inherited: clerk -> reader",
                  "+ permission policy.yaml:3:45 orders.cancel, given by clerk",
                  "- denial policy.yaml:9:5 does not deny the call (no cancelling from outside): "
                  "addresses does not hold",
                  "+ verdict allowed; the method asks for orders.cancel"));
}

TEST_F(Explain, TheDenialThatDecides) {
  const Explanation denied = Run(Asks({"orders.cancel"}), "192.0.2.7", clerk_);
  EXPECT_EQ(denied.verdict, AccessVerdict::kDenied);
  EXPECT_FALSE(denied.allowed());
  EXPECT_EQ(Lines(denied)[5],
            "+! denial policy.yaml:9:5 denies the call (no cancelling from outside)");
  EXPECT_EQ(Lines(denied)[6],
            "- verdict refused: denied by the policy; the method asks for orders.cancel");
}

TEST_F(Explain, ThePermissionThatIsMissing) {
  EXPECT_THAT(
      Lines(Run(Asks({"orders.read", "users.delete"}), "10.0.0.1", {{"role", "guest"}})),
      ElementsAre("- binding policy.yaml:6:5 does not give clerk: claim does not hold",
                  "- binding policy.yaml:7:5 does not give emergency: peer does not hold",
                  "-! permission orders.read, given by none of the caller's roles",
                  "-! permission users.delete, given by none of the caller's roles",
                  "- denial policy.yaml:10:5 does not deny the call: scopes, roles does not hold",
                  "- verdict refused: a permission is missing; the method asks for orders.read, "
                  "users.delete"));
}

TEST_F(Explain, BreakGlassAndAnonymous) {
  const auto peer = DnsPeer("on-call");
  const auto glass = ExplainAccess(policy_, Asks({}, {"users.delete", "orders.read"}), "/s.S/M",
                                   {.peer = peer.get()}, "10.0.0.1");
  EXPECT_EQ(glass->verdict, AccessVerdict::kAllowedByBreakGlass);
  EXPECT_EQ(Lines(*glass)[2], "+ role policy.yaml:4:3 emergency, break-glass");
  EXPECT_EQ(Lines(*glass)[4],
            "- permission orders.read (one of several), given by none of the caller's roles");
  const auto nobody = ExplainAccess(policy_, Asks({"orders.read"}), "/s.S/M", {}, "");
  EXPECT_EQ(nobody->verdict, AccessVerdict::kLacking);
  EXPECT_EQ(Lines(*nobody).back(),
            "- verdict refused: the caller is not authenticated; the method asks for orders.read");
}

TEST_F(Explain, RefusesWhatNoServerWouldServe) {
  EXPECT_FALSE(ExplainAccess(policy_, Asks({"nobody.gives"}), "/s.S/M", {}, "").ok());
  EXPECT_FALSE(ExplainAccess(nullptr, Asks({"x"}), "/s.S/M", {}, "").ok());
  EXPECT_FALSE(
      ExplainAccess(nullptr, {MethodAccess::Kind::kPublic, {}, {}}, "/s.S/M", {}, "").ok());
}

// Every combination of callers and methods is explained as it is decided.
TEST_F(Explain, AgreesWithTheDecision) {
  for (const std::string peer : {"on-call", "web"}) {
    for (const std::string address : {"10.0.0.1", "192.0.2.1", ""}) {
      for (const bool counts : {true, false}) {
        for (const MethodAccess& access :
             {Asks({"orders.read"}), Asks({"orders.cancel"}), Asks({"users.delete"}),
              Asks({"orders.read"}, {"users.delete", "orders.x"}),
              MethodAccess{MethodAccess::Kind::kAuthenticated, {}, {}},
              MethodAccess{MethodAccess::Kind::kPublic, {}, {}}}) {
          const auto principal = policy_->MakePrincipal(
              {.peer = DnsPeer(peer), .peer_counts = counts}, policy_->Where(address));
          const AccessRule rule = *AccessRule::Compile(access, policy_, "/s.S/M");
          const auto explained =
              ExplainAccess(policy_, access, "/s.S/M",
                            {.peer = &principal->peer(), .peer_counts = counts}, address);
          EXPECT_EQ(explained->verdict, rule.Judge(*principal)) << peer << " " << address;
          EXPECT_EQ(explained->allowed(), explained->steps.back().holds);
        }
      }
    }
  }
}

}  // namespace
}  // namespace warden
