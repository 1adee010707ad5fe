// Who makes a call, after all credentials: what a handler sees and what access is decided on.
#ifndef WARDEN_AUTHZ_PRINCIPAL_H_
#define WARDEN_AUTHZ_PRINCIPAL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "authz/identity/peer.h"
#include "authz/policy/bit_set.h"
#include "authz/policy/names.h"

namespace warden {

class VerifiedToken;

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

  // A token was verified, or the peer has a verified certificate. An anonymous caller has neither.
  bool authenticated() const { return token_ != nullptr || peer_->has_certificate(); }

  // Of the token; "" without one. A subject is unique only together with its issuer.
  const std::string& issuer() const;
  const std::string& subject() const;

  // For display and logs: the token's subject, else the peer's name, else "anonymous". Different
  // kinds of callers can have the same name, so decide on the members, not on it.
  std::string_view name() const;

  const Peer& peer() const { return *peer_; }
  const VerifiedToken* token() const { return token_.get(); }  // null if the call carries no token
  const std::shared_ptr<const Peer>& shared_peer() const { return peer_; }
  const std::shared_ptr<const VerifiedToken>& shared_token() const { return token_; }

  absl::Span<const std::string> roles() const { return roles_; }  // sorted
  bool HasRole(std::string_view role) const;
  // Whether the roles give the permission. Allocates nothing.
  bool HasPermission(std::string_view permission) const;
  // Sorted.
  std::vector<std::string> permissions() const;

 private:
  friend class AccessRule;  // compares interned permissions
  friend class Policy;

  Principal(std::shared_ptr<const Peer> peer, std::shared_ptr<const VerifiedToken> token,
            std::vector<std::string> roles, std::shared_ptr<const NameTable> permission_names,
            BitSet permissions);

  std::shared_ptr<const Peer> peer_;  // never null
  std::shared_ptr<const VerifiedToken> token_;
  std::vector<std::string> roles_;
  std::shared_ptr<const NameTable> permission_names_;  // never null
  BitSet permissions_;                                 // ids of permission_names_
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_PRINCIPAL_H_
