// Who makes a call, after all credentials: what a handler sees and what access is decided on.
#ifndef WARDEN_AUTHZ_PRINCIPAL_H_
#define WARDEN_AUTHZ_PRINCIPAL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "authz/identity/peer.h"
#include "authz/policy/caller_rights.h"
#include "authz/policy/names.h"

namespace warden {

class VerifiedApiKey;
class VerifiedToken;

// What a call brought, each part verified.
struct VerifiedCredentials {
  std::shared_ptr<const Peer> peer;
  std::shared_ptr<const VerifiedToken> token;     // null if there is none
  std::shared_ptr<const VerifiedApiKey> api_key;  // likewise
  // False where the method's `authn` leaves the peer's certificate out: it then gives no roles and
  // does not authenticate.
  bool peer_counts = true;
};

// Only a Policy makes one (Policy::MakePrincipal), so its roles are always a policy's decision.
// Immutable, held by `shared_ptr<const Principal>`; safe to keep and to read from any thread, also
// after the call and after the policy was replaced: roles and permissions stay those of the policy
// that made it.
class Principal {
 public:
  Principal(const Principal&) = delete;
  Principal& operator=(const Principal&) = delete;

  // A caller without credentials, roles or permissions. Never null; the same object each time.
  static const std::shared_ptr<const Principal>& Anonymous();

  // A token or an API key was verified, or the peer has a verified certificate, which counts for
  // the method. An anonymous caller has none of them.
  bool authenticated() const {
    return caller_.token != nullptr || caller_.api_key != nullptr ||
           (caller_.peer_counts && caller_.peer->has_certificate());
  }

  // Of the token; "" without one. A subject is unique only together with its issuer.
  const std::string& issuer() const;
  const std::string& subject() const;

  // For display and logs: the token's subject, else the API key's, else the peer's name where it
  // counts, else "anonymous". Different kinds of callers can have the same name, so decide on the
  // members, not on it.
  std::string_view name() const;

  // The other end of the connection, whether it counts for the method or not.
  const Peer& peer() const { return *caller_.peer; }
  // Null if the call carries none.
  const VerifiedToken* token() const { return caller_.token.get(); }
  const VerifiedApiKey* api_key() const { return caller_.api_key.get(); }
  const std::shared_ptr<const Peer>& shared_peer() const { return caller_.peer; }
  const std::shared_ptr<const VerifiedToken>& shared_token() const { return caller_.token; }
  const std::shared_ptr<const VerifiedApiKey>& shared_api_key() const { return caller_.api_key; }

  // Bound and inherited ones, sorted.
  absl::Span<const std::string> roles() const { return roles_; }
  bool HasRole(std::string_view role) const;
  // Whether the roles give the permission, by its name or by a wildcard. Denials are about methods
  // and are not looked at. Allocates nothing.
  bool HasPermission(std::string_view permission) const;
  // Sorted: those that the policy names, and wildcards as they stand there.
  std::vector<std::string> permissions() const;

 private:
  friend class AccessRule;  // compares interned permissions
  friend class Policy;

  Principal(VerifiedCredentials caller, std::vector<std::string> roles,
            std::shared_ptr<const NameTable> permission_names, CallerRights rights);

  VerifiedCredentials caller_;  // its peer is never null
  std::vector<std::string> roles_;
  std::shared_ptr<const NameTable> permission_names_;  // never null
  CallerRights rights_;                                // permissions: ids of permission_names_
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_PRINCIPAL_H_
