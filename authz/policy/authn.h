// Which credentials a method accepts: warden.v1.Authn, checked.
#ifndef WARDEN_AUTHZ_POLICY_AUTHN_H_
#define WARDEN_AUTHZ_POLICY_AUTHN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace warden {

namespace v1 {
class Authn;
}  // namespace v1

enum class Credential : uint8_t { kPeer, kBearer, kApiKey };

// PEER, BEARER, API_KEY, as configurations write them.
std::string_view ToString(Credential credential);

class CredentialSet {
 public:
  constexpr CredentialSet() = default;
  constexpr void Add(Credential credential) {
    bits_ |= static_cast<uint8_t>(1U << static_cast<unsigned>(credential));
  }
  constexpr bool Has(Credential credential) const {
    return (bits_ >> static_cast<unsigned>(credential) & 1U) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool HasAll(CredentialSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr bool HasAny(CredentialSet other) const { return (other.bits_ & bits_) != 0; }
  constexpr CredentialSet With(CredentialSet other) const {
    CredentialSet both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }
  friend constexpr bool operator==(CredentialSet, CredentialSet) = default;

 private:
  uint8_t bits_ = 0;
};

// "BEARER, API_KEY"; "nothing" for an empty set.
std::string ToString(CredentialSet set);

// What counts, of what a call brings.
enum class AuthnVerdict {
  kOk,
  kNotAccepted,  // a token or API key of a kind that is not listed
  kMissing,      // one that is needed is not there
};

// A default-constructed one accepts everything and needs nothing. Immutable once made, thread-safe.
struct MethodAuthn {
  CredentialSet any;  // at least one of these, if there are any
  CredentialSet all;  // and each of these

  bool AcceptsAll() const { return any.empty() && all.empty(); }
  bool Accepts(Credential credential) const {
    return AcceptsAll() || any.With(all).Has(credential);
  }
  // Whether calls that bring `brought` have what is needed, and nothing else that would have to be
  // ignored. A peer's certificate that is not listed is no fault: every connection has one.
  AuthnVerdict Judge(CredentialSet brought) const;
  // Whether a server that knows these kinds can ever answer kOk.
  bool SatisfiableWith(CredentialSet known) const;

  friend bool operator==(const MethodAuthn&, const MethodAuthn&) = default;
};

// "any" or what is needed: "PEER and one of (BEARER, API_KEY)".
std::string ToString(const MethodAuthn& authn);

// Reads the message and returns what is wrong with it, one text a problem: unspecified or unknown
// entries, doubled ones, a kind that stands in both lists.
std::vector<std::string> ReadAuthn(const v1::Authn& authn, MethodAuthn* out);

// What is wrong with an `authn` that SatisfiableWith says no to.
std::string UnsatisfiableAuthn(const MethodAuthn& authn, CredentialSet known);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_AUTHN_H_
