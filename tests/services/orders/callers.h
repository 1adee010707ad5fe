// Callers for the tests of the order service: known by certificate, with the roles that a policy
// gives them.
#ifndef WARDEN_TESTS_SERVICES_ORDERS_CALLERS_H_
#define WARDEN_TESTS_SERVICES_ORDERS_CALLERS_H_

#include <memory>
#include <string>

#include "authz/identity/peer.h"
#include "authz/policy/policy.h"
#include "authz/principal.h"

namespace orders {

inline std::shared_ptr<const warden::Principal> CallerNamed(const std::string& name) {
  static const std::shared_ptr<const warden::Policy> policy =
      warden::Policy::FromYaml(R"(
roles:
  customer: {permissions: [orders.read, orders.write, orders.cancel]}
  clerk: {permissions: [orders.read, orders.read_all, orders.cancel, orders.cancel_all]}
  courier: {permissions: [orders.track]}
bindings:
  - {roles: [customer], peer: {spiffe_ids: ["spiffe://shop.example/web", "spiffe://shop.example/app"]}}
  - {roles: [clerk], peer: {spiffe_ids: ["spiffe://shop.example/clerk"]}}
  - {roles: [courier], peer: {spiffe_ids: ["spiffe://shop.example/courier"]}}
)",
                               "policy.yaml")
          .value();
  auto peer = std::make_shared<warden::Peer>();
  peer->spiffe_id = "spiffe://shop.example/" + name;
  peer->trust_domain = "shop.example";
  peer->uri_sans = {peer->spiffe_id};
  peer->certificate_sha256 = std::string(64, 'a');
  return policy->MakePrincipal(peer, nullptr);
}

}  // namespace orders

#endif  // WARDEN_TESTS_SERVICES_ORDERS_CALLERS_H_
