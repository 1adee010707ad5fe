#include "authz/token/signer.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/jwk.h"
#include "authz/token/openssl.h"
#include "authz/token/private_key.h"
#include "authz/token/secret.h"
#include "authz/token/signature.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"
#include "openssl/rand.h"

namespace warden {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDepth = 16;

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

EVP_PKEY* NewKey(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEs256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case Algorithm::kEs384:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    case Algorithm::kEs512:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521");
    case Algorithm::kEdDsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    default:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048});
  }
}

absl::StatusOr<Algorithm> Choose(AlgorithmSet fitting, std::optional<Algorithm> wanted) {
  if (wanted.has_value()) {
    if (fitting.Contains(*wanted)) return *wanted;
    return Invalid(absl::StrCat("the key is for ", fitting.ToString(), ", not ",
                                std::string(AlgorithmName(*wanted))));
  }
  for (Algorithm algorithm : AllAlgorithms()) {
    if (fitting.Contains(algorithm)) return algorithm;
  }
  return Invalid("the key is for no algorithm that Warden knows");
}

// `use` and `key_ops` of a key that signs (RFC 7517 sections 4.2 and 4.3).
absl::Status CheckPurpose(const Json& jwk) {
  if (jwk.contains("use") && jwk.at("use") != "sig") return Invalid("use is not \"sig\"");
  if (!jwk.contains("key_ops")) return absl::OkStatus();
  const Json& operations = jwk.at("key_ops");
  for (const Json& operation : operations) {
    if (operation == "sign") return absl::OkStatus();
  }
  return Invalid("key_ops does not have \"sign\"");
}

}  // namespace

absl::StatusOr<SigningKey> SigningKey::Generate(Algorithm algorithm, std::string_view key_id) {
  const openssl::ErrorMark mark;
  SigningKey key;
  key.algorithm_ = algorithm;
  key.key_id_ = std::string(key_id);
  if (IsSymmetric(algorithm)) {
    std::string secret(HashBytes(algorithm), '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()),
                   static_cast<int>(secret.size())) != 1) {
      return absl::InternalError("no random numbers");
    }
    key.secret_ = WipedWhenDropped(secret);
    return key;
  }
  key.private_key_ = std::shared_ptr<EVP_PKEY>(NewKey(algorithm), EVP_PKEY_free);
  if (key.private_key_ == nullptr) return absl::InternalError("OpenSSL cannot make the key");
  return key;
}

absl::StatusOr<SigningKey> SigningKey::FromJwk(std::string_view json,
                                               std::optional<Algorithm> algorithm) {
  absl::StatusOr<Json> jwk = ParseStrictJson(json, kMaxDepth);
  if (!jwk.ok()) return jwk.status();
  if (!jwk->is_object()) return Invalid("the key is not a JSON object");
  if (absl::Status purpose = CheckPurpose(*jwk); !purpose.ok()) return purpose;
  jwk->erase("key_ops");  // may lack "verify"
  // The checks of its strength are those of a key that verifies.
  const absl::StatusOr<VerificationKey> verifying = VerificationKey::FromJwk(*jwk);
  if (!verifying.ok()) return Invalid(std::string(verifying.status().message()));
  SigningKey key;
  const absl::StatusOr<Algorithm> chosen = Choose(verifying->algorithms(), algorithm);
  if (!chosen.ok()) return chosen.status();
  key.algorithm_ = *chosen;
  key.key_id_ = verifying->key_id().value_or("");
  if (verifying->symmetric()) {
    key.secret_ = WipedWhenDropped(*Base64UrlDecode(jwk->at("k").get<std::string>()));
    return key;
  }
  absl::StatusOr<std::shared_ptr<EVP_PKEY>> private_key = PrivateKeyFromJwk(*jwk);
  if (!private_key.ok()) return private_key.status();
  key.private_key_ = *std::move(private_key);
  return key;
}

absl::StatusOr<SigningKey> SigningKey::FromPem(std::string_view pem, std::string_view key_id,
                                               std::optional<Algorithm> algorithm) {
  absl::StatusOr<std::shared_ptr<EVP_PKEY>> private_key = PrivateKeyFromPem(pem);
  if (!private_key.ok()) return private_key.status();
  const absl::StatusOr<Json> jwk = JwkFromKey(private_key->get(), false);
  if (!jwk.ok()) return jwk.status();
  const absl::StatusOr<VerificationKey> verifying = VerificationKey::FromJwk(*jwk);
  if (!verifying.ok()) return Invalid(std::string(verifying.status().message()));
  const absl::StatusOr<Algorithm> chosen = Choose(verifying->algorithms(), algorithm);
  if (!chosen.ok()) return chosen.status();
  SigningKey key;
  key.algorithm_ = *chosen;
  key.key_id_ = std::string(key_id);
  key.private_key_ = *std::move(private_key);
  return key;
}

absl::StatusOr<std::string> SigningKey::Sign(std::string_view input) const {
  if (secret_ == nullptr) return MakeSignature(algorithm_, private_key_.get(), input);
  std::string mac = MakeMac(algorithm_, *secret_, input);
  if (mac.empty()) return absl::InternalError("OpenSSL cannot make the HMAC");
  return mac;
}

absl::StatusOr<std::string> SigningKey::SignCompact(Json header, std::string_view payload) const {
  header["alg"] = std::string(AlgorithmName(algorithm_));
  if (!key_id_.empty() && !header.contains("kid")) header["kid"] = key_id_;
  std::string compact =
      absl::StrCat(Base64UrlEncode(header.dump(-1, ' ', false, Json::error_handler_t::replace)),
                   ".", Base64UrlEncode(payload));
  const absl::StatusOr<std::string> signature = Sign(compact);
  if (!signature.ok()) return signature.status();
  absl::StrAppend(&compact, ".", Base64UrlEncode(*signature));
  return compact;
}

absl::StatusOr<Json> SigningKey::Jwk(bool with_private) const {
  absl::StatusOr<Json> jwk = private_key_ != nullptr
                                 ? JwkFromKey(private_key_.get(), with_private)
                                 : Json({{"kty", "oct"}, {"k", Base64UrlEncode(*secret_)}});
  if (!jwk.ok()) return jwk;
  if (!key_id_.empty()) (*jwk)["kid"] = key_id_;
  (*jwk)["alg"] = std::string(AlgorithmName(algorithm_));
  (*jwk)["use"] = "sig";
  return jwk;
}

absl::StatusOr<Json> SigningKey::PublicJwk() const {
  if (secret_ != nullptr) return Invalid("an HMAC secret has no public part");
  return Jwk(false);
}

absl::StatusOr<Json> SigningKey::InsecureSecretJwk() const { return Jwk(true); }

}  // namespace warden
