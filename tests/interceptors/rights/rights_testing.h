// Callers with chosen permissions, and the rights that they are held against.
#ifndef WARDEN_TESTS_INTERCEPTORS_RIGHTS_RIGHTS_TESTING_H_
#define WARDEN_TESTS_INTERCEPTORS_RIGHTS_RIGHTS_TESTING_H_

#include <gmock/gmock.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "authz/policy/policy.h"
#include "interceptors/rights/field_rights.h"
#include "warden/testing/v1/messages.pb.h"

namespace warden::testing {

inline std::shared_ptr<const Policy> RightsPolicy() {
  return Policy::FromYaml(R"(
roles:
  caller: {permissions: [probe.call]}
  admin: {permissions: [probe.call, probe.admin]}
  auditor: {permissions: [probe.call, probe.audit]}
bindings:
  - {roles: [caller], peer: {dns_names: [caller.example]}}
  - {roles: [admin], peer: {dns_names: [admin.example]}}
  - {roles: [auditor], peer: {dns_names: [auditor.example]}}
)",
                          "policy.yaml")
      .value();
}

// `role` is one of the policy's; "" is a caller without any.
inline std::shared_ptr<const Principal> CallerWith(const std::string& role) {
  auto peer = std::make_shared<Peer>();
  peer->dns_sans = {role + ".example"};
  peer->certificate_sha256 = std::string(64, 'a');
  return RightsPolicy()->MakePrincipal(peer, nullptr);
}

// The rights of warden.testing.v1.Record, compiled once for each direction.
template <FieldRights::Direction direction>
const FieldRights& RecordRights() {
  static const auto* const rights = [] {
    std::vector<Problem> problems;
    auto* compiled = new std::shared_ptr<const FieldRights>(
        FieldRights::Compile(*v1::Record::descriptor(), direction, &problems));
    EXPECT_THAT(problems, ::testing::IsEmpty());
    return compiled;
  }();
  return **rights;
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_INTERCEPTORS_RIGHTS_RIGHTS_TESTING_H_
