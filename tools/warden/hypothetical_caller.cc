#include "tools/warden/hypothetical_caller.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/apikey/key_set.h"
#include "authz/identity/address_set.h"
#include "authz/identity/spiffe_id.h"
#include "authz/token/signer.h"
#include "authz/token/verifier.h"
#include "nlohmann/json.hpp"

namespace warden::cli {
namespace {

constexpr char kMadeUpIssuer[] = "https://issuer.test";
constexpr char kMadeUpKeyId[] = "test-key";

absl::Status Wrong(absl::string_view part, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(part, ": ", why));
}

// A Struct has no integers; a number without a fraction reads as one, as in a token.
void MakeIntegers(nlohmann::json* value) {
  if (value->is_structured()) {
    for (nlohmann::json& item : *value) MakeIntegers(&item);
  } else if (value->is_number_float()) {
    const double number = value->get<double>();
    constexpr double kExact = 9007199254740992;  // 2^53
    if (number >= -kExact && number <= kExact &&
        number == static_cast<double>(static_cast<int64_t>(number))) {
      *value = static_cast<int64_t>(number);
    }
  }
}

absl::StatusOr<nlohmann::json> ReadClaims(const google::protobuf::Struct& written, absl::Time now) {
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(written, &text).ok()) {
    return Wrong("claims", "cannot be written as JSON");
  }
  nlohmann::json claims = nlohmann::json::parse(text, nullptr, false);
  if (!claims.is_object()) claims = nlohmann::json::object();
  MakeIntegers(&claims);
  if (!claims.contains("iss")) claims["iss"] = kMadeUpIssuer;
  if (!claims.contains("exp")) claims["exp"] = absl::ToUnixSeconds(now + absl::Hours(1));
  if (!claims["iss"].is_string()) return Wrong("claims.iss", "expected text");
  return claims;
}

// Signed and verified, since nothing else makes a VerifiedToken.
absl::StatusOr<std::shared_ptr<const VerifiedToken>> MakeToken(
    const google::protobuf::Struct& written, absl::Time now) {
  const absl::StatusOr<nlohmann::json> claims = ReadClaims(written, now);
  if (!claims.ok()) return claims.status();
  const absl::StatusOr<SigningKey> key = SigningKey::Generate(Algorithm::kEs256, kMadeUpKeyId);
  if (!key.ok()) return key.status();
  const absl::StatusOr<nlohmann::json> jwk = key->PublicJwk();
  if (!jwk.ok()) return jwk.status();
  const auto keys = KeySet::Parse(nlohmann::json{{"keys", {*jwk}}}.dump());
  if (!keys.ok()) return keys.status();
  IssuerOptions issuer;
  issuer.issuer = (*claims)["iss"].get<std::string>();
  issuer.keys = *keys;
  issuer.algorithms = {"ES256"};
  issuer.insecure_allow_missing_audience = true;
  nlohmann::json signed_claims = *claims;
  if (signed_claims.contains("aud")) {
    const nlohmann::json& audience = signed_claims["aud"];
    issuer.audiences = {audience.is_array() && !audience.empty() && audience[0].is_string()
                            ? audience[0].get<std::string>()
                        : audience.is_string() ? audience.get<std::string>()
                                               : std::string(kMadeUpIssuer)};
  } else {
    issuer.audiences = {kMadeUpIssuer};
  }
  const auto verifier = TokenVerifier::Create({std::move(issuer)});
  if (!verifier.ok()) return Wrong("claims", verifier.status().message());
  const absl::StatusOr<std::string> text =
      key->SignCompact(nlohmann::json::object(), signed_claims.dump());
  if (!text.ok()) return text.status();
  TokenResult result = (*verifier)->Verify(*text, now);
  if (result.token != nullptr) return std::move(result.token);
  return Wrong("claims", absl::StrCat("no server would accept such a token: ",
                                      std::string(ToString(result.refusal)), ": ", result.detail));
}

absl::StatusOr<std::shared_ptr<const VerifiedApiKey>> MakeKey(const v1::PolicyTestApiKey& written,
                                                              absl::Time now) {
  const std::string id = written.id().empty() ? kMadeUpKeyId : written.id();
  if (!IsApiKeyId(id)) return Wrong("api_key.id", kApiKeyIdGrammar.data());
  const absl::StatusOr<std::string> text = MakeApiKey(id);
  if (!text.ok()) return text.status();
  const auto hasher = ApiKeyHasher::FromSecret(std::string(ApiKeyHasher::kMinSecretBytes, 'k'));
  if (!hasher.ok()) return hasher.status();
  const std::optional<ApiKeyHash> hash = (*hasher)->Hash(*text);
  if (!hash.has_value()) return absl::InternalError("cannot hash an API key");
  ApiKeyRecords records;
  v1::ApiKey& key = (*records.keys.mutable_keys())[id];
  key.set_subject(written.subject().empty() ? id : written.subject());
  *key.mutable_scopes() = written.scopes();
  key.add_secrets()->set_hash(ToString(*hash));
  const auto keys = ApiKeySet::Create(records, *hasher);
  if (!keys.ok()) return Wrong("api_key", keys.status().message());
  ApiKeyResult result = (*keys)->Verify(*text, now);
  if (result.key != nullptr) return std::move(result.key);
  return Wrong("api_key", result.detail);
}

absl::StatusOr<std::shared_ptr<const Peer>> MakePeer(const v1::PolicyTestPeer& written) {
  auto peer = std::make_shared<Peer>();
  if (!written.spiffe_id().empty()) {
    const auto id = SpiffeId::Parse(written.spiffe_id());
    if (!id.ok()) return Wrong("peer.spiffe_id", id.status().message());
    peer->spiffe_id = written.spiffe_id();
    peer->trust_domain = std::string(id->trust_domain());
    peer->uri_sans = {written.spiffe_id()};
  }
  peer->dns_sans.assign(written.dns_names().begin(), written.dns_names().end());
  peer->common_name = written.common_name();
  peer->certificate_sha256 = written.certificate_sha256();
  if (peer->certificate_sha256.empty()) peer->certificate_sha256.assign(64, '0');
  const auto is_hex = [](unsigned char c) {
    return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
  };
  if (peer->certificate_sha256.size() != 64 ||
      !std::all_of(peer->certificate_sha256.begin(), peer->certificate_sha256.end(), is_hex)) {
    return Wrong("peer.certificate_sha256", "expected 64 lower-case hexadecimal digits");
  }
  return peer;
}

}  // namespace

absl::StatusOr<VerifiedCredentials> MakeCredentials(const v1::PolicyTestCaller& caller,
                                                    absl::Time now) {
  VerifiedCredentials credentials;
  if (!caller.address().empty() && !IpAddress::Parse(caller.address()).has_value()) {
    return Wrong("address", "expected an IP address, without a port");
  }
  if (caller.has_peer()) {
    absl::StatusOr<std::shared_ptr<const Peer>> peer = MakePeer(caller.peer());
    if (!peer.ok()) return peer.status();
    credentials.peer = *std::move(peer);
  }
  if (caller.has_claims()) {
    absl::StatusOr<std::shared_ptr<const VerifiedToken>> token = MakeToken(caller.claims(), now);
    if (!token.ok()) return token.status();
    credentials.token = *std::move(token);
  }
  if (caller.has_api_key()) {
    absl::StatusOr<std::shared_ptr<const VerifiedApiKey>> key = MakeKey(caller.api_key(), now);
    if (!key.ok()) return key.status();
    credentials.api_key = *std::move(key);
  }
  return credentials;
}

}  // namespace warden::cli
