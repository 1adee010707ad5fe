#include "authz/identity/identity_refusal.h"

#include <array>
#include <cstddef>

namespace warden {
namespace {

// By the enumeration's order.
constexpr std::array<std::string_view, kIdentityRefusalCount> kNames = {"none",
                                                                        "no_certificate",
                                                                        "unreadable",
                                                                        "malformed_name",
                                                                        "multiple_uri_sans",
                                                                        "bad_spiffe_id",
                                                                        "trust_domain",
                                                                        "no_spiffe_id",
                                                                        "not_a_leaf",
                                                                        "not_yet_valid",
                                                                        "expired",
                                                                        "weak_key",
                                                                        "weak_signature",
                                                                        "not_for_clients",
                                                                        "not_allowed",
                                                                        "untrusted_chain",
                                                                        "revoked",
                                                                        "revocation_unknown",
                                                                        "forwarded_invalid"};

}  // namespace

std::string_view ToString(IdentityRefusal refusal) {
  const auto which = static_cast<size_t>(refusal);
  return which < kNames.size() ? kNames[which] : std::string_view("unknown");
}

}  // namespace warden
