// Principals are remembered by all that they hang on, and by nothing else.
#include "interceptors/policy_snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeAddress final : public AddressSource {
 public:
  explicit FakeAddress(std::string address) : address_(std::move(address)) {}
  std::string Read() const override {
    ++reads_;
    return address_;
  }
  int reads() const { return reads_; }

 private:
  const std::string address_;
  mutable int reads_ = 0;
};

std::shared_ptr<const Peer> DnsPeer(const std::string& name) {
  auto peer = std::make_shared<Peer>();
  peer->dns_sans = {name};
  peer->certificate_sha256 = std::string(64, 'a');
  return peer;
}

std::shared_ptr<const PolicySnapshot> Snapshot(const std::string& yaml) {
  ProblemList problems;
  auto snapshot = PolicySnapshot::Make(*Policy::FromYaml(yaml, "policy.yaml"), {}, &problems);
  EXPECT_TRUE(problems.empty());
  return snapshot;
}

class SnapshotPrincipal : public ::testing::Test {
 protected:
  std::shared_ptr<const Principal> At(const PolicySnapshot& snapshot, const AddressSource& address,
                                      bool peer_counts = true) {
    Call call;
    call.peer = peer_;
    call.peer_counts = peer_counts;
    call.address_source = &address;
    return snapshot.PrincipalOf(call);
  }

  const std::shared_ptr<const Peer> peer_ = DnsPeer("a");
};

constexpr char kRoles[] = "roles: {near: {permissions: [p]}, any: {permissions: [q]}}\n";

TEST_F(SnapshotPrincipal, IsTheSameObjectForTheSameCaller) {
  const auto snapshot =
      Snapshot(std::string(kRoles) + "bindings: [{roles: [any], peer: {dns_names: [a]}}]");
  const FakeAddress here("10.0.0.1");
  const FakeAddress there("192.0.2.1");
  const auto first = At(*snapshot, here);
  EXPECT_EQ(At(*snapshot, there), first) << "the policy does not ask where";
  EXPECT_EQ(here.reads() + there.reads(), 0);
  EXPECT_NE(At(*snapshot, here, /*peer_counts=*/false), first);
}

TEST_F(SnapshotPrincipal, HangsOnTheAddressWhereThePolicyAsksForIt) {
  const auto snapshot =
      Snapshot(std::string(kRoles) +
               "bindings:\n  - {roles: [any], peer: {dns_names: [a]}}\n"
               "  - {roles: [near], peer: {dns_names: [a]}, addresses: [10.0.0.0/8]}\n"
               "deny:\n  - {peer: {dns_names: [a]}, addresses: [10.9.0.0/16]}");
  const FakeAddress here("10.0.0.1");
  const FakeAddress there("192.0.2.1");
  const FakeAddress nowhere("unix:/run/x");
  // Each twice: made, and remembered.
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(At(*snapshot, here)->roles(), ElementsAre("any", "near"));
    EXPECT_THAT(At(*snapshot, there)->roles(), ElementsAre("any"));
    EXPECT_THAT(At(*snapshot, nowhere)->roles(), ElementsAre("any"));
    EXPECT_THAT(At(*snapshot, here, /*peer_counts=*/false)->roles(), IsEmpty());
  }
  const FakeAddress neighbour("10.0.0.2");
  EXPECT_EQ(At(*snapshot, neighbour), At(*snapshot, here)) << "in the same ranges";
  const AccessRule rule =
      *AccessRule::Compile({MethodAccess::Kind::kPermissions, {"q"}, {}},
                           std::shared_ptr<const Policy>(snapshot, &snapshot->policy()), "/s.S/M");
  EXPECT_TRUE(rule.Allows(*At(*snapshot, here)));
  EXPECT_EQ(rule.Judge(*At(*snapshot, FakeAddress("10.9.0.1"))), AccessVerdict::kDenied);
  EXPECT_EQ(rule.Judge(*At(*snapshot, nowhere)), AccessVerdict::kDenied);
  EXPECT_TRUE(rule.Allows(*At(*snapshot, here)));
}

TEST(Snapshot, AMethodWithoutGoodAnnotationsAllowsNobody) {
  std::deque<GuardedMethod> methods(1);
  methods[0].name = "/s.S/M";
  ProblemList problems;
  const auto policy = *Policy::FromYaml("{}", "policy.yaml");
  const auto snapshot = PolicySnapshot::Make(policy, methods, &problems);
  EXPECT_FALSE(snapshot->RuleOf(methods[0]).Allows(*policy->MakePrincipal({.peer = DnsPeer("a")})));
}

}  // namespace
}  // namespace warden
