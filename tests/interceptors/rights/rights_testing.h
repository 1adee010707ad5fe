// Callers with chosen permissions.
#ifndef WARDEN_TESTS_INTERCEPTORS_RIGHTS_RIGHTS_TESTING_H_
#define WARDEN_TESTS_INTERCEPTORS_RIGHTS_RIGHTS_TESTING_H_

#include <memory>
#include <stdexcept>
#include <string>

#include "authz/policy/policy.h"

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

}  // namespace warden::testing

#endif  // WARDEN_TESTS_INTERCEPTORS_RIGHTS_RIGHTS_TESTING_H_
