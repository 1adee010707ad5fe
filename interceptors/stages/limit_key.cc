#include "interceptors/stages/limit_key.h"

#include <algorithm>
#include <cstdint>

#include "interceptors/address.h"
#include "interceptors/guarded_method.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

// Each part says its kind and its length, so none can be shifted into another.
void Append(char kind, std::string_view bytes, KeyBuffer* key) {
  key->push_back(kind);
  const auto length = static_cast<uint32_t>(bytes.size());
  for (int shift = 0; shift < 32; shift += 8) key->push_back(static_cast<char>(length >> shift));
  key->append(bytes);
}

void AppendAddress(Call& call, uint32_t ipv4_prefix, uint32_t ipv6_prefix, KeyBuffer* key) {
  AddressBuffer buffer;
  Append('a', NetworkOf(call.Address(), ipv4_prefix, ipv6_prefix, &buffer), key);
}

void AppendPeer(const LimitKeys& keys, Call& call, KeyBuffer* key) {
  const Peer* const peer = call.peer.get();
  if (peer != nullptr && !peer->spiffe_id.empty()) {
    Append('s', peer->spiffe_id, key);
  } else if (peer != nullptr && peer->has_certificate()) {
    Append('c', peer->certificate_sha256, key);
  } else {
    AppendAddress(call, keys.ipv4_prefix, keys.ipv6_prefix, key);
  }
}

void AppendPrincipal(const LimitKeys& keys, Call& call, KeyBuffer* key) {
  const Principal* const principal = call.principal.get();
  if (principal != nullptr && principal->token() != nullptr) {
    Append('i', principal->issuer(), key);
    Append('t', principal->subject(), key);
  } else if (principal != nullptr && principal->api_key() != nullptr) {
    Append('k', principal->api_key()->subject(), key);  // all of a subject's keys are one caller
  } else {
    AppendPeer(keys, call, key);
  }
}

void AppendApiKey(const LimitKeys& keys, Call& call, KeyBuffer* key) {
  const VerifiedApiKey* const api_key =
      call.principal == nullptr ? nullptr : call.principal->api_key();
  if (api_key != nullptr) {
    Append('K', api_key->id(), key);
  } else {
    AppendPrincipal(keys, call, key);
  }
}

void AppendTenant(const LimitKeys& keys, Call& call, KeyBuffer* key) {
  const VerifiedToken* const token = call.principal == nullptr ? nullptr : call.principal->token();
  const nlohmann::json* const claim =
      token == nullptr ? nullptr : FindClaim(token->claims(), keys.tenant_claim);
  if (claim != nullptr && claim->is_string()) {
    // A tenant's name is its issuer's: another's tokens do not take from it.
    Append('i', token->issuer(), key);
    Append('T', claim->get_ref<const std::string&>(), key);
  } else if (claim != nullptr && claim->is_number_integer()) {
    Append('i', token->issuer(), key);
    Append('N', claim->dump(), key);
  } else {
    AppendPrincipal(keys, call, key);
  }
}

}  // namespace

bool NeedNoCredentials(const LimitKeys& keys) {
  using Part = LimitKeys::Part;
  return std::all_of(keys.parts.begin(), keys.parts.end(), [](Part part) {
    return part == Part::kPeer || part == Part::kAddress || part == Part::kMethod;
  });
}

void AppendKey(const LimitKeys& keys, MethodInKey method, Call& call, KeyBuffer* key) {
  for (const LimitKeys::Part part : keys.parts) {
    switch (part) {
      case LimitKeys::Part::kPeer:
        AppendPeer(keys, call, key);
        break;
      case LimitKeys::Part::kPrincipal:
        AppendPrincipal(keys, call, key);
        break;
      case LimitKeys::Part::kAddress:
        AppendAddress(call, keys.ipv4_prefix, keys.ipv6_prefix, key);
        break;
      case LimitKeys::Part::kApiKey:
        AppendApiKey(keys, call, key);
        break;
      case LimitKeys::Part::kTenant:
        AppendTenant(keys, call, key);
        break;
      case LimitKeys::Part::kMethod:
        if (method == MethodInKey::kMethod) Append('m', call.method->name, key);
        break;
    }
  }
}

}  // namespace warden
