// Policies and callers of the policy's tests.
#ifndef WARDEN_TESTS_AUTHZ_POLICY_POLICY_TESTING_H_
#define WARDEN_TESTS_AUTHZ_POLICY_POLICY_TESTING_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/policy/access.h"
#include "authz/policy/policy.h"

namespace warden::testing {

inline std::shared_ptr<const Policy> GoodPolicy(std::string_view yaml) {
  absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromYaml(yaml, "policy.yaml");
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *policy : nullptr;
}

inline std::string RefusedPolicy(std::string_view yaml) {
  const auto policy = Policy::FromYaml(yaml, "policy.yaml");
  EXPECT_TRUE(absl::IsInvalidArgument(policy.status())) << policy.status();
  return std::string(policy.status().message());
}

inline std::shared_ptr<const Peer> DnsPeer(const std::string& name) {
  auto peer = std::make_shared<Peer>();
  peer->dns_sans = {name};
  peer->certificate_sha256 = std::string(64, 'a');
  return peer;
}

// A method's access by permissions.
inline MethodAccess Asks(std::vector<std::string> all_of, std::vector<std::string> any_of = {}) {
  return {MethodAccess::Kind::kPermissions, std::move(all_of), std::move(any_of)};
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_POLICY_POLICY_TESTING_H_
