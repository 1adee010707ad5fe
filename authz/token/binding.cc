#include "authz/token/binding.h"

#include <optional>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

constexpr char kThumbprint[] = "x5t#S256";
constexpr size_t kSha256Bytes = 32;
constexpr std::string_view kSpiffeScheme = "spiffe://";

OrRefused<std::string> ReadThumbprint(const nlohmann::json& claims, bool required) {
  const auto cnf = claims.find("cnf");
  if (cnf == claims.end()) {
    if (!required) return std::string();
    return Refused{TokenRefusal::kBinding, "the token is not bound to a certificate (no cnf)"};
  }
  if (!cnf->is_object()) return Refused{TokenRefusal::kBadClaim, "cnf is not an object"};
  for (const auto& [name, value] : cnf->items()) {
    if (name != kThumbprint) {
      return Refused{
          TokenRefusal::kBinding,
          absl::StrCat("cnf asks for a proof that is not checked here: ", QuoteForLog(name))};
    }
  }
  const auto thumbprint = cnf->find(kThumbprint);
  if (thumbprint == cnf->end()) return Refused{TokenRefusal::kBinding, "cnf is empty"};
  const std::optional<std::string> digest =
      thumbprint->is_string() ? Base64UrlDecode(thumbprint->get_ref<const std::string&>())
                              : std::nullopt;
  if (!digest.has_value() || digest->size() != kSha256Bytes) {
    return Refused{TokenRefusal::kBadClaim, "cnf's x5t#S256 is not the base64url of a SHA-256"};
  }
  return absl::BytesToHexString(*digest);
}

OrRefused<std::string> ReadPeer(const nlohmann::json& claims, const ClaimPath& path) {
  if (path.empty()) return std::string();
  const nlohmann::json* claim = FindClaim(claims, path);
  if (claim == nullptr) {
    return Refused{TokenRefusal::kBinding, "the token does not say which peer may present it"};
  }
  if (!claim->is_string() || claim->get_ref<const std::string&>().empty()) {
    return Refused{TokenRefusal::kBadClaim, "the claim of the peer is not a text"};
  }
  return claim->get<std::string>();
}

bool IsPeer(std::string_view wanted, const Peer& peer) {
  std::string_view actual = peer.spiffe_id;
  if (actual.empty()) return false;
  if (wanted.starts_with('/')) {
    actual.remove_prefix(kSpiffeScheme.size() + peer.trust_domain.size());
  }
  return actual == wanted;
}

}  // namespace

OrRefused<TokenBinding> ReadBinding(const nlohmann::json& claims, const BindingRules& rules) {
  auto thumbprint = ReadThumbprint(claims, rules.require_certificate);
  if (const auto* refused = std::get_if<Refused>(&thumbprint)) return *refused;
  auto peer = ReadPeer(claims, rules.peer_claim);
  if (const auto* refused = std::get_if<Refused>(&peer)) return *refused;
  return TokenBinding{.certificate_sha256 = std::get<std::string>(std::move(thumbprint)),
                      .peer = std::get<std::string>(std::move(peer))};
}

BindingMismatch CheckBinding(const TokenBinding& binding, const Peer& peer) {
  if (!binding.certificate_sha256.empty() &&
      binding.certificate_sha256 != peer.certificate_sha256) {
    return BindingMismatch::kCertificate;
  }
  if (!binding.peer.empty() && !IsPeer(binding.peer, peer)) return BindingMismatch::kPeer;
  return BindingMismatch::kNone;
}

}  // namespace warden
