#include "authz/token/jwk.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/openssl.h"
#include "authz/token/private_key.h"
#include "authz/token/public_key.h"
#include "authz/token/secret.h"
#include "authz/token/signature.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

absl::Status Unusable(const std::string& message) { return absl::FailedPreconditionError(message); }

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, 32)), "\"");
}

absl::StatusOr<std::string> StringMember(const Json& jwk, const char* name) {
  const auto member = jwk.find(name);
  if (member == jwk.end()) return Unusable(absl::StrCat(name, " is missing"));
  if (!member->is_string()) return Unusable(absl::StrCat(name, " is not a string"));
  return member->get<std::string>();
}

absl::StatusOr<std::string> OctetsMember(const Json& jwk, const char* name) {
  absl::StatusOr<std::string> text = StringMember(jwk, name);
  if (!text.ok()) return text;
  std::optional<std::string> octets = Base64UrlDecode(*text);
  if (!octets.has_value()) return Unusable(absl::StrCat(name, " is not base64url"));
  return *std::move(octets);
}

// RFC 7517 sections 4.2 and 4.3.
absl::Status CheckPurpose(const Json& jwk) {
  if (jwk.contains("use")) {
    absl::StatusOr<std::string> use = StringMember(jwk, "use");
    if (!use.ok()) return use.status();
    if (*use != "sig") return Unusable(absl::StrCat("use is ", Quoted(*use), ", not \"sig\""));
  }
  const auto key_ops = jwk.find("key_ops");
  if (key_ops == jwk.end()) return absl::OkStatus();
  if (!key_ops->is_array()) return Unusable("key_ops is not a list");
  std::set<std::string> operations;
  for (const Json& operation : *key_ops) {
    if (!operation.is_string() || !operations.insert(operation.get<std::string>()).second) {
      return Unusable("key_ops is not a list of different strings");
    }
  }
  if (operations.count("verify") == 0) return Unusable("key_ops does not have \"verify\"");
  return absl::OkStatus();
}

// What remains of `fitting` by the JWK's `alg` (RFC 7517 section 4.4).
absl::StatusOr<AlgorithmSet> Permitted(const Json& jwk, AlgorithmSet fitting) {
  if (!jwk.contains("alg")) return fitting;
  absl::StatusOr<std::string> name = StringMember(jwk, "alg");
  if (!name.ok()) return name.status();
  // A common slip for ES512, whose curve is P-521. Only a key may have it, never a token.
  if (*name == "ES521") *name = "ES512";
  const std::optional<Algorithm> algorithm = ParseAlgorithm(*name);
  if (!algorithm.has_value()) {
    return Unusable(absl::StrCat("alg ", Quoted(*name), " is not one that Warden verifies"));
  }
  if (!fitting.Contains(*algorithm)) {
    return Unusable(
        absl::StrCat("alg is ", *name, ", but the key is fit for ", fitting.ToString()));
  }
  return AlgorithmSet{*algorithm};
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> PublicKeyOf(const Json& jwk, const std::string& kty) {
  if (kty == "RSA") {
    const absl::StatusOr<std::string> n = OctetsMember(jwk, "n");
    const absl::StatusOr<std::string> e = OctetsMember(jwk, "e");
    if (!n.ok()) return n.status();
    if (!e.ok()) return e.status();
    return MakeRsaPublicKey(*n, *e);
  }
  const absl::StatusOr<std::string> crv = StringMember(jwk, "crv");
  const absl::StatusOr<std::string> x = OctetsMember(jwk, "x");
  if (!crv.ok()) return crv.status();
  if (!x.ok()) return x.status();
  if (kty == "OKP") return MakeEdPublicKey(*crv, *x);
  const absl::StatusOr<std::string> y = OctetsMember(jwk, "y");
  if (!y.ok()) return y.status();
  const std::optional<EcCurve> curve = FindEcCurve(*crv);
  if (!curve.has_value()) {
    return Unusable(absl::StrCat("crv ", Quoted(*crv), " is not one that Warden verifies with"));
  }
  return MakeEcPublicKey(*curve, *x, *y);
}

// RFC 7518 section 3.2: a secret as long as the hash, or longer.
AlgorithmSet FittingSecret(size_t octets) {
  AlgorithmSet fitting;
  for (Algorithm algorithm : AllAlgorithms()) {
    if (IsSymmetric(algorithm) && octets >= HashBytes(algorithm)) fitting.Add(algorithm);
  }
  return fitting;
}

// RFC 7638 section 3: the members that make the key, by name and without white space, which is how
// the JSON library writes an object.
absl::StatusOr<KeyIdentity> IdentityOf(const Json& members) {
  std::string text = members.dump();
  KeyIdentity identity;
  const int made =
      EVP_Digest(text.data(), text.size(), identity.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  if (made != 1) return Unusable("no SHA-256");
  return identity;
}

}  // namespace

bool HasPrivateMembers(const Json& jwk) {
  const auto kty = jwk.find("kty");
  if (kty != jwk.end() && *kty == "oct") return false;
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "priv"}) {
    if (jwk.contains(name)) return true;
  }
  return false;
}

absl::StatusOr<VerificationKey> VerificationKey::FromJwk(const Json& jwk) {
  if (!jwk.is_object()) return Unusable("the key is not an object");
  const absl::StatusOr<std::string> kty = StringMember(jwk, "kty");
  if (!kty.ok()) return kty.status();
  VerificationKey key;
  if (jwk.contains("kid")) {
    absl::StatusOr<std::string> kid = StringMember(jwk, "kid");
    if (!kid.ok()) return kid.status();
    key.key_id_ = *std::move(kid);
  }
  if (absl::Status purpose = CheckPurpose(jwk); !purpose.ok()) return purpose;
  AlgorithmSet fitting;
  absl::StatusOr<KeyIdentity> identity = Unusable("no identity");
  if (*kty == "oct") {
    absl::StatusOr<std::string> secret = OctetsMember(jwk, "k");
    if (!secret.ok()) return secret.status();
    fitting = FittingSecret(secret->size());
    if (fitting.empty()) {
      return Unusable(absl::StrCat("the secret has ", secret->size(), " octets, fewer than 32"));
    }
    key.secret_ = WipedWhenDropped(*secret);
    key.bits_ = static_cast<int>(secret->size() * 8);
    identity = IdentityOf({{"k", Base64UrlEncode(*secret)}, {"kty", "oct"}});
  } else if (*kty == "RSA" || *kty == "EC" || *kty == "OKP") {
    absl::StatusOr<std::shared_ptr<EVP_PKEY>> public_key = PublicKeyOf(jwk, *kty);
    if (!public_key.ok()) return public_key.status();
    fitting = AlgorithmsOf(public_key->get());
    key.bits_ = EVP_PKEY_get_bits(public_key->get());
    const absl::StatusOr<Json> members = JwkFromKey(public_key->get(), false);
    if (!members.ok()) return Unusable(std::string(members.status().message()));
    identity = IdentityOf(*members);
    key.public_key_ = *std::move(public_key);
  } else {
    return Unusable(absl::StrCat("kty ", Quoted(*kty), " is not one that Warden knows"));
  }
  if (!identity.ok()) return identity.status();
  key.identity_ = *identity;
  const absl::StatusOr<AlgorithmSet> permitted = Permitted(jwk, fitting);
  if (!permitted.ok()) return permitted.status();
  key.algorithms_ = *permitted;
  return key;
}

bool VerificationKey::Verify(Algorithm algorithm, std::string_view input,
                             std::string_view signature) const {
  if (!algorithms_.Contains(algorithm)) return false;
  if (symmetric()) return VerifyMac(algorithm, *secret_, input, signature);
  return VerifySignature(algorithm, public_key_.get(), input, signature);
}

}  // namespace warden
