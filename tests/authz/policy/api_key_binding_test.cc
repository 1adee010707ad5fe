// Roles by API key, and by peers that do not count. The keys are really made and verified.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/policy/policy.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPolicy[] = R"(
roles:
  by-id: {permissions: [a]}
  by-scope: {permissions: [b]}
  by-both: {permissions: [c]}
  by-peer: {permissions: [d]}
bindings:
  - {roles: [by-id], api_key: {ids: [billing]}}
  - {roles: [by-scope], api_key: {scopes: [orders.read, orders.write]}}
  - {roles: [by-both], api_key: {ids: [billing], scopes: [orders.write]}, peer: {dns_names: [a.example]}}
  - {roles: [by-peer], peer: {dns_names: [a.example]}}
)";

std::shared_ptr<const VerifiedApiKey> Key(const std::string& id, std::vector<std::string> scopes) {
  v1::ApiKeys keys;
  const std::string text = testing::AddKey(id, &keys, {.scopes = std::move(scopes)});
  return testing::SetOf(keys)->Verify(text, testing::kNow).key;
}

std::shared_ptr<const Peer> PeerNamed(const std::string& name) {
  auto peer = std::make_shared<Peer>();
  peer->dns_sans = {name};
  peer->certificate_sha256 = std::string(64, 'a');
  return peer;
}

class ApiKeyBinding : public ::testing::Test {
 protected:
  const std::shared_ptr<const Policy> policy_ = *Policy::FromYaml(kPolicy, "policy.yaml");
};

TEST_F(ApiKeyBinding, GivesRolesByIdAndByScope) {
  EXPECT_THAT(policy_->MakePrincipal({.api_key = Key("billing", {})})->roles(),
              ElementsAre("by-id"));
  EXPECT_THAT(policy_->MakePrincipal({.api_key = Key("other", {"orders.read"})})->roles(),
              ElementsAre("by-scope"));
  EXPECT_THAT(
      policy_->MakePrincipal({.api_key = Key("other", {"orders", "orders.read.all"})})->roles(),
      IsEmpty());
  EXPECT_THAT(policy_->MakePrincipal({.api_key = Key("orders-read", {"billing"})})->roles(),
              IsEmpty());
  EXPECT_THAT(policy_->MakePrincipal({})->roles(), IsEmpty());
}

TEST_F(ApiKeyBinding, NeedsThePeerTooWhereTheBindingSaysSo) {
  const auto key = Key("billing", {});
  EXPECT_THAT(policy_->MakePrincipal({.peer = PeerNamed("a.example"), .api_key = key})->roles(),
              ElementsAre("by-both", "by-id", "by-peer"));
  EXPECT_THAT(policy_->MakePrincipal({.peer = PeerNamed("b.example"), .api_key = key})->roles(),
              ElementsAre("by-id"));
  EXPECT_THAT(policy_->MakePrincipal({.peer = PeerNamed("a.example")})->roles(),
              ElementsAre("by-peer"));
}

TEST_F(ApiKeyBinding, APeerThatDoesNotCountGivesNothing) {
  const auto peer = PeerNamed("a.example");
  const auto alone = policy_->MakePrincipal({.peer = peer, .peer_counts = false});
  EXPECT_THAT(alone->roles(), IsEmpty());
  EXPECT_FALSE(alone->authenticated());
  EXPECT_EQ(alone->name(), "anonymous");
  EXPECT_EQ(&alone->peer(), peer.get());
  const auto with_key =
      policy_->MakePrincipal({.peer = peer, .api_key = Key("billing", {}), .peer_counts = false});
  EXPECT_THAT(with_key->roles(), ElementsAre("by-id"));
  EXPECT_TRUE(with_key->authenticated());
  EXPECT_EQ(with_key->name(), "shop");
  EXPECT_EQ(with_key->api_key()->id(), "billing");
}

TEST_F(ApiKeyBinding, CanNeverHoldWithoutKeys) {
  EXPECT_TRUE(policy_->CheckApiKeys(true).ok());
  const absl::Status status = policy_->CheckApiKeys(false);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("policy.yaml:8:22: bindings[0].api_key: can never hold"));
}

TEST(ApiKeyBindingFile, IsChecked) {
  const auto refusal = [](const std::string& match) {
    const std::string text =
        "roles: {r: {permissions: [a]}}\nbindings:\n  - {roles: [r], api_key: " + match + "}\n";
    return std::string(Policy::FromYaml(text, "p.yaml").status().message());
  };
  EXPECT_EQ(refusal("{ids: [abc]}"), "");
  EXPECT_THAT(refusal("{}"), HasSubstr("names no key"));
  EXPECT_THAT(refusal("{ids: [Abc]}"), HasSubstr("is not the id of an API key"));
  EXPECT_THAT(refusal("{ids: [abc, abc]}"), HasSubstr("duplicate"));
  EXPECT_THAT(refusal("{scopes: ['']}"), HasSubstr("is empty"));
  EXPECT_THAT(refusal("{scopes: ['*']}"), HasSubstr("is not a valid name"));
}

}  // namespace
}  // namespace warden
