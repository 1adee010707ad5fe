#include "authz/token/private_key.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/openssl.h"
#include "authz/token/public_key.h"
#include "nlohmann/json.hpp"
#include "openssl/bio.h"
#include "openssl/core_names.h"
#include "openssl/crypto.h"
#include "openssl/pem.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using openssl::BignumPtr;
using openssl::Octets;

using KeyPtr = std::shared_ptr<EVP_PKEY>;

struct RsaMember {
  const char* jwk;
  const char* openssl;
  bool is_private;
};

constexpr std::array<RsaMember, 8> kRsaMembers = {{
    {"n", OSSL_PKEY_PARAM_RSA_N, false},
    {"e", OSSL_PKEY_PARAM_RSA_E, false},
    {"d", OSSL_PKEY_PARAM_RSA_D, true},
    {"p", OSSL_PKEY_PARAM_RSA_FACTOR1, true},
    {"q", OSSL_PKEY_PARAM_RSA_FACTOR2, true},
    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true},
    {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true},
    {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true},
}};

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::optional<std::string> OctetsMember(const Json& jwk, const char* name) {
  const auto member = jwk.find(name);
  if (member == jwk.end() || !member->is_string()) return std::nullopt;
  return Base64UrlDecode(member->get_ref<const std::string&>());
}

BignumPtr ToBignum(const std::string& octets) {
  return BignumPtr(BN_bin2bn(Octets(octets), static_cast<int>(octets.size()), nullptr));
}

// Makes a key pair and lets OpenSSL check that its halves belong together.
absl::StatusOr<KeyPtr> FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  openssl::ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  openssl::PkeyCtxPtr maker(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (params == nullptr || maker == nullptr || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return Invalid("OpenSSL refuses the private key");
  }
  KeyPtr key(made, EVP_PKEY_free);
  openssl::PkeyCtxPtr checker(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
  if (checker == nullptr || EVP_PKEY_pairwise_check(checker.get()) != 1) {
    return Invalid("the private key does not belong to the public one");
  }
  return key;
}

absl::StatusOr<KeyPtr> RsaFromJwk(const Json& jwk) {
  openssl::ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  std::vector<BignumPtr> numbers;  // must live until the parameters are made
  for (const RsaMember& member : kRsaMembers) {
    const std::optional<std::string> octets = OctetsMember(jwk, member.jwk);
    if (!octets.has_value()) return Invalid(absl::StrCat(member.jwk, " is missing or malformed"));
    if (octets->size() > 2048) return Invalid(absl::StrCat(member.jwk, " is too long"));
    numbers.push_back(ToBignum(*octets));
    if (numbers.back() == nullptr ||
        OSSL_PARAM_BLD_push_BN(builder.get(), member.openssl, numbers.back().get()) != 1) {
      return absl::InternalError("out of memory");
    }
  }
  return FromParameters("RSA", builder.get());
}

absl::StatusOr<KeyPtr> EcFromJwk(const Json& jwk) {
  const auto crv = jwk.find("crv");
  const std::optional<EcCurve> curve = crv != jwk.end() && crv->is_string()
                                           ? FindEcCurve(crv->get_ref<const std::string&>())
                                           : std::nullopt;
  const std::optional<std::string> x = OctetsMember(jwk, "x");
  const std::optional<std::string> y = OctetsMember(jwk, "y");
  const std::optional<std::string> d = OctetsMember(jwk, "d");
  if (!curve.has_value() || !x.has_value() || !y.has_value() || !d.has_value() ||
      x->size() != curve->coordinate_bytes || y->size() != curve->coordinate_bytes ||
      d->size() != curve->coordinate_bytes) {
    return Invalid("crv, x, y or d is missing or malformed");
  }
  const std::string point = absl::StrCat("\x04", *x, *y);
  const BignumPtr number = ToBignum(*d);
  openssl::ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr || number == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->name.data(),
                                      curve->name.size()) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1) {
    return absl::InternalError("out of memory");
  }
  return FromParameters("EC", builder.get());
}

absl::StatusOr<KeyPtr> EdFromJwk(const Json& jwk) {
  const auto crv = jwk.find("crv");
  const bool is_25519 = crv != jwk.end() && *crv == "Ed25519";
  const std::optional<std::string> x = OctetsMember(jwk, "x");
  const std::optional<std::string> d = OctetsMember(jwk, "d");
  if ((!is_25519 && (crv == jwk.end() || *crv != "Ed448")) || !x.has_value() || !d.has_value()) {
    return Invalid("crv, x or d is missing or malformed");
  }
  KeyPtr key(EVP_PKEY_new_raw_private_key(is_25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, nullptr,
                                          Octets(*d), d->size()),
             EVP_PKEY_free);
  if (key == nullptr) return Invalid("OpenSSL refuses the private key");
  const absl::StatusOr<Json> derived = JwkFromKey(key.get(), false);
  if (!derived.ok() || derived->at("x") != jwk.at("x")) {
    return Invalid("the private key does not belong to the public one");
  }
  return key;
}

// The number's octets, padded to `length` if that is not 0.
absl::StatusOr<std::string> NumberOf(const EVP_PKEY* key, const char* name, size_t length = 0) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &found) != 1) return Invalid("the key has no such number");
  const BignumPtr number(found);
  std::string octets(length == 0 ? static_cast<size_t>(BN_num_bytes(found)) : length, '\0');
  if (BN_bn2binpad(found, reinterpret_cast<unsigned char*>(octets.data()),
                   static_cast<int>(octets.size())) < 0) {
    return absl::InternalError("a number of the key is too long");
  }
  return octets;
}

absl::StatusOr<Json> RsaToJwk(const EVP_PKEY* key, bool with_private) {
  Json jwk = {{"kty", "RSA"}};
  for (const RsaMember& member : kRsaMembers) {
    if (member.is_private && !with_private) continue;
    const absl::StatusOr<std::string> octets = NumberOf(key, member.openssl);
    if (!octets.ok()) return octets.status();
    jwk[member.jwk] = Base64UrlEncode(*octets);
  }
  return jwk;
}

absl::StatusOr<Json> EcToJwk(const EVP_PKEY* key, bool with_private) {
  constexpr std::array<std::pair<int, const char*>, 3> kCurves = {
      {{256, "P-256"}, {384, "P-384"}, {521, "P-521"}}};
  char group[32] = {};
  size_t length = 0;
  EVP_PKEY_get_group_name(key, group, sizeof(group), &length);
  const std::string_view name(group, length);
  if (name != "prime256v1" && name != "secp384r1" && name != "secp521r1") {
    return Invalid("the curve is not P-256, P-384 or P-521");
  }
  Json jwk = {{"kty", "EC"}};
  size_t coordinate = 0;
  for (const auto& [bits, curve] : kCurves) {
    if (EVP_PKEY_get_bits(key) != bits) continue;
    jwk["crv"] = curve;
    coordinate = static_cast<size_t>(bits + 7) / 8;
  }
  constexpr std::array<RsaMember, 3> kMembers = {{{"x", OSSL_PKEY_PARAM_EC_PUB_X, false},
                                                  {"y", OSSL_PKEY_PARAM_EC_PUB_Y, false},
                                                  {"d", OSSL_PKEY_PARAM_PRIV_KEY, true}}};
  for (const RsaMember& member : kMembers) {
    if (member.is_private && !with_private) continue;
    const absl::StatusOr<std::string> octets = NumberOf(key, member.openssl, coordinate);
    if (!octets.ok()) return octets.status();
    jwk[member.jwk] = Base64UrlEncode(*octets);
  }
  return jwk;
}

absl::StatusOr<Json> EdToJwk(const EVP_PKEY* key, bool with_private) {
  const bool is_25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
  std::array<unsigned char, 64> octets{};
  const auto encoded = [&](size_t length) {
    return Base64UrlEncode({reinterpret_cast<const char*>(octets.data()), length});
  };
  size_t length = octets.size();
  if (EVP_PKEY_get_raw_public_key(key, octets.data(), &length) != 1) {
    return Invalid("the key has no public part");
  }
  Json jwk = {{"kty", "OKP"}, {"crv", is_25519 ? "Ed25519" : "Ed448"}, {"x", encoded(length)}};
  if (!with_private) return jwk;
  length = octets.size();
  if (EVP_PKEY_get_raw_private_key(key, octets.data(), &length) != 1) {
    return Invalid("the key has no private part");
  }
  jwk["d"] = encoded(length);
  OPENSSL_cleanse(octets.data(), octets.size());
  return jwk;
}

}  // namespace

absl::StatusOr<KeyPtr> PrivateKeyFromJwk(const Json& jwk) {
  const openssl::ErrorMark mark;
  const auto kty = jwk.find("kty");
  if (kty != jwk.end() && *kty == "RSA") return RsaFromJwk(jwk);
  if (kty != jwk.end() && *kty == "EC") return EcFromJwk(jwk);
  if (kty != jwk.end() && *kty == "OKP") return EdFromJwk(jwk);
  return Invalid("kty is not RSA, EC, OKP or oct");
}

absl::StatusOr<KeyPtr> PrivateKeyFromPem(std::string_view pem) {
  const openssl::ErrorMark mark;
  const std::unique_ptr<BIO, openssl::Deleter<BIO_free>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without this OpenSSL would ask for a passphrase on the terminal.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  if (key == nullptr) return Invalid("not an unencrypted private key in PEM");
  return key;
}

absl::StatusOr<Json> JwkFromKey(const EVP_PKEY* key, bool with_private) {
  const openssl::ErrorMark mark;
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return RsaToJwk(key, with_private);
    case EVP_PKEY_EC:
      return EcToJwk(key, with_private);
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return EdToJwk(key, with_private);
    default:
      return Invalid("the key is not RSA, EC or EdDSA");
  }
}

}  // namespace warden
