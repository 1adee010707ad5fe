#include "interceptors/stages/limit_descriptor.h"

#include <arpa/inet.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "interceptors/address.h"
#include "interceptors/guarded_method.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

std::string AddressText(const LimitKeys& keys, Call& call) {
  AddressBuffer buffer;
  const std::string_view network =
      NetworkOf(call.Address(), keys.ipv4_prefix, keys.ipv6_prefix, &buffer);
  if (network.empty()) return "unknown";
  if (network.data() != buffer.data()) return std::string(network);  // not an IP address
  const bool v4 = network.size() == 4;
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_ntop(v4 ? AF_INET : AF_INET6, network.data(), text, sizeof(text)) == nullptr) {
    return "unknown";
  }
  const uint32_t prefix = v4 ? keys.ipv4_prefix : keys.ipv6_prefix;
  return prefix == (v4 ? 32 : 128) ? std::string(text) : absl::StrCat(text, "/", prefix);
}

// SPIFFE IDs, hashes and addresses cannot be taken for each other.
std::string PeerText(const LimitKeys& keys, Call& call) {
  const Peer& peer = *call.peer;
  if (!peer.spiffe_id.empty()) return peer.spiffe_id;
  if (peer.has_certificate()) return absl::StrCat("sha256:", peer.certificate_sha256);
  return AddressText(keys, call);
}

// The issuer has no '|' of its own then, so where it ends is certain.
std::string OfIssuer(const char* kind, const std::string& issuer, const std::string& name) {
  return absl::StrCat(kind, "|", absl::StrReplaceAll(issuer, {{"%", "%25"}, {"|", "%7C"}}), "|",
                      name);
}

std::string PrincipalText(const LimitKeys& keys, Call& call) {
  const Principal& principal = *call.principal;
  if (principal.token() != nullptr) {
    return OfIssuer("token", principal.issuer(), principal.subject());
  }
  if (principal.api_key() != nullptr) return absl::StrCat("key|", principal.api_key()->subject());
  return absl::StrCat("peer|", PeerText(keys, call));
}

std::string ApiKeyText(const LimitKeys& keys, Call& call) {
  const VerifiedApiKey* const api_key = call.principal->api_key();
  return api_key != nullptr ? absl::StrCat("id|", api_key->id()) : PrincipalText(keys, call);
}

std::string TenantText(const LimitKeys& keys, Call& call) {
  const VerifiedToken* const token = call.principal->token();
  const nlohmann::json* const claim =
      token == nullptr ? nullptr : FindClaim(token->claims(), keys.tenant_claim);
  if (claim != nullptr && claim->is_string()) {
    return OfIssuer("tenant", token->issuer(), claim->get_ref<const std::string&>());
  }
  if (claim != nullptr && claim->is_number_integer()) {
    return OfIssuer("tenant_number", token->issuer(), claim->dump());
  }
  return PrincipalText(keys, call);
}

std::string NameOf(const Limit& limit, const GuardedMethod& method) {
  if (!limit.name.empty()) return limit.name;
  return limit.index == 0 ? method.name : absl::StrCat(method.name, "[", limit.index, "]");
}

}  // namespace

std::vector<LimitEntry> DescriptorOf(const Limit& limit, Call& call) {
  std::vector<LimitEntry> entries = {{"limit", NameOf(limit, *call.method)}};
  for (const LimitKeys::Part part : limit.keys.parts) {
    std::string value;
    switch (part) {
      case LimitKeys::Part::kPeer:
        value = PeerText(limit.keys, call);
        break;
      case LimitKeys::Part::kPrincipal:
        value = PrincipalText(limit.keys, call);
        break;
      case LimitKeys::Part::kAddress:
        value = AddressText(limit.keys, call);
        break;
      case LimitKeys::Part::kApiKey:
        value = ApiKeyText(limit.keys, call);
        break;
      case LimitKeys::Part::kTenant:
        value = TenantText(limit.keys, call);
        break;
      case LimitKeys::Part::kMethod:
        continue;  // nobody: the limit's name says it
    }
    entries.push_back({std::string(ToString(part)), std::move(value)});
  }
  return entries;
}

}  // namespace warden
