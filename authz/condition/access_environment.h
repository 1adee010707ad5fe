// What the conditions of access rules speak of: `access.when` of annotations, and `when` of
// policies.
//
//   request                  the request message, where the environment was made for one
//   caller.subject           string: of the token
//   caller.issuer            string: of the token
//   caller.name              string: as Principal::name(); for texts, not for decisions
//   caller.authenticated     bool
//   caller.scopes            list(string): of the token's `scope`, else of the API key
//   caller.claims            map(string, dyn): the token's payload; empty without one
//   caller.api_key_id        string
//   caller.roles             list(string), sorted
//   peer.spiffe_id, peer.trust_domain, peer.path, peer.common_name, peer.certificate_sha256,
//   peer.address             string; the path is that of the SPIFFE ID, with its slash
//   peer.uris, peer.dns_names                       list(string)
//   method.full_name ("shop.v1.Orders/Get"), method.service ("shop.v1.Orders"), method.name
//   now                      timestamp: when the call arrived
//
// A text that a call does not have is an error where it is read, and not "": so that
// `request.owner == caller.subject` never holds because both are empty. has() says whether it is
// there.
#ifndef WARDEN_AUTHZ_CONDITION_ACCESS_ENVIRONMENT_H_
#define WARDEN_AUTHZ_CONDITION_ACCESS_ENVIRONMENT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "authz/condition/environment.h"

namespace warden {
struct Peer;
class VerifiedApiKey;
class VerifiedToken;
}  // namespace warden

namespace warden::condition {

// The numbers of the variables. The last two are not in every environment.
enum AccessVariable : size_t {
  kCallerSubject,
  kCallerIssuer,
  kCallerName,
  kCallerAuthenticated,
  kCallerScopes,
  kCallerClaims,
  kCallerApiKeyId,
  kPeerSpiffeId,
  kPeerTrustDomain,
  kPeerPath,
  kPeerCommonName,
  kPeerCertificate,
  kPeerAddress,
  kPeerUris,
  kPeerDnsNames,
  kMethodFullName,
  kMethodService,
  kMethodName,
  kNow,
  kCallerRoles,
  kRequest,
};

// For what is decided once the caller's roles are known: all variables, `request` where it is not
// null.
Environment AccessEnvironment(const google::protobuf::Descriptor* request);
// For what decides on the roles: neither `caller.roles` nor `request`.
Environment BindingEnvironment();

// The facts of one call. Keeps pointers and views: they must outlive it.
struct AccessFacts {
  const Peer* peer = nullptr;               // null: nothing is known of it
  const VerifiedToken* token = nullptr;     // null without one
  const VerifiedApiKey* api_key = nullptr;  // likewise
  std::string_view name;                    // for display
  bool authenticated = false;
  absl::Span<const std::string> roles;
  std::string_view address;  // of the peer, without port; see Condition::Needs(kPeerAddress)
  std::string_view method;   // "/shop.v1.Orders/Get"
  absl::Time now;
  const google::protobuf::Message* request = nullptr;  // null before the body was read
};

// REQUIRES: the condition was compiled with one of the environments above.
class AccessActivation final : public Activation {
 public:
  explicit AccessActivation(const AccessFacts& facts) : facts_(facts) {}
  Value Read(Context& context, size_t variable) const override;

 private:
  Value ReadCaller(Context& context, size_t variable) const;
  Value ReadPeer(size_t variable) const;
  Value ReadScopes(Context& context) const;

  AccessFacts facts_;
};

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_ACCESS_ENVIRONMENT_H_
