#include "authz/token/signature.h"

#include <climits>
#include <cstddef>

#include "absl/status/status.h"
#include "authz/token/openssl.h"
#include "authz/token/public_key.h"
#include "openssl/crypto.h"
#include "openssl/hmac.h"
#include "openssl/rsa.h"

namespace warden {
namespace {

using openssl::Octets;

enum class Family { kRsaPkcs1, kRsaPss, kEcdsa, kEdDsa, kHmac };

Family FamilyOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
    case Algorithm::kRs384:
    case Algorithm::kRs512:
      return Family::kRsaPkcs1;
    case Algorithm::kPs256:
    case Algorithm::kPs384:
    case Algorithm::kPs512:
      return Family::kRsaPss;
    case Algorithm::kEs256:
    case Algorithm::kEs384:
    case Algorithm::kEs512:
      return Family::kEcdsa;
    case Algorithm::kEdDsa:
      return Family::kEdDsa;
    default:
      return Family::kHmac;
  }
}

// Null for EdDSA. Fetched once: a fetch per signature would cost more than the hash itself.
const EVP_MD* HashOf(Algorithm algorithm) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  static const EVP_MD* const sha384 = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  static const EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
  switch (HashBytes(algorithm)) {
    case 32:
      return sha256;
    case 48:
      return sha384;
    case 64:
      return sha512;
    default:
      return nullptr;
  }
}

size_t CoordinateBytes(Algorithm algorithm) {
  return algorithm == Algorithm::kEs512 ? 66 : HashBytes(algorithm);
}

// RFC 7518 section 3.5: MGF1 with the same hash, and a salt of its length.
bool SetPss(EVP_PKEY_CTX* context, const EVP_MD* hash) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// r||s to the DER form that OpenSSL verifies; "" if the length is not exact. OpenSSL itself refuses
// numbers that are zero or not less than the curve's order.
std::string EcdsaToDer(std::string_view raw, size_t coordinate_bytes) {
  if (raw.size() != 2 * coordinate_bytes) return "";
  const int length = static_cast<int>(coordinate_bytes);
  openssl::EcdsaSigPtr signature(ECDSA_SIG_new());
  openssl::BignumPtr r(BN_bin2bn(Octets(raw), length, nullptr));
  openssl::BignumPtr s(BN_bin2bn(Octets(raw) + coordinate_bytes, length, nullptr));
  if (signature == nullptr || r == nullptr || s == nullptr) return "";
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return der;
}

std::string EcdsaFromDer(std::string_view der, size_t coordinate_bytes) {
  const unsigned char* next = Octets(der);
  openssl::EcdsaSigPtr signature(
      d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(der.size())));  // NOLINT: OpenSSL's type
  if (signature == nullptr) return "";
  std::string raw(2 * coordinate_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  const int length = static_cast<int>(coordinate_bytes);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, length) != length ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + coordinate_bytes, length) != length) {
    return "";
  }
  return raw;
}

}  // namespace

AlgorithmSet AlgorithmsOf(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512,
              Algorithm::kPs256, Algorithm::kPs384, Algorithm::kPs512};
    case EVP_PKEY_EC: {
      char group[32] = {};
      size_t length = 0;
      if (EVP_PKEY_get_group_name(key, group, sizeof(group), &length) != 1) return {};
      const std::string_view name(group, length);
      if (name == "prime256v1" || name == "P-256") return {Algorithm::kEs256};
      if (name == "secp384r1" || name == "P-384") return {Algorithm::kEs384};
      if (name == "secp521r1" || name == "P-521") return {Algorithm::kEs512};
      return {};
    }
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return {Algorithm::kEdDsa};
    default:
      return {};
  }
}

bool VerifySignature(Algorithm algorithm, EVP_PKEY* key, std::string_view input,
                     std::string_view signature) {
  const openssl::ErrorMark mark;
  const Family family = FamilyOf(algorithm);
  if (family == Family::kHmac || !AlgorithmsOf(key).Contains(algorithm)) return false;
  std::string der;
  if (family == Family::kEcdsa) {
    der = EcdsaToDer(signature, CoordinateBytes(algorithm));
    if (der.empty()) return false;
    signature = der;
  } else if (signature.size() != static_cast<size_t>(EVP_PKEY_get_size(key))) {
    return false;
  }
  openssl::MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // owned by `context`
  const EVP_MD* hash = HashOf(algorithm);
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), &key_context, hash, nullptr, key) != 1 ||
      (family == Family::kRsaPss && !SetPss(key_context, hash))) {
    return false;
  }
  return EVP_DigestVerify(context.get(), Octets(signature), signature.size(), Octets(input),
                          input.size()) == 1;
}

absl::StatusOr<std::string> MakeSignature(Algorithm algorithm, EVP_PKEY* key,
                                          std::string_view input) {
  const openssl::ErrorMark mark;
  const Family family = FamilyOf(algorithm);
  openssl::MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  const EVP_MD* hash = HashOf(algorithm);
  size_t size = 0;
  if (family == Family::kHmac || context == nullptr ||
      EVP_DigestSignInit(context.get(), &key_context, hash, nullptr, key) != 1 ||
      (family == Family::kRsaPss && !SetPss(key_context, hash)) ||
      EVP_DigestSign(context.get(), nullptr, &size, Octets(input), input.size()) != 1) {
    return absl::InternalError("OpenSSL cannot sign with this key");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Octets(input), input.size()) != 1) {
    return absl::InternalError("OpenSSL cannot sign with this key");
  }
  signature.resize(size);
  if (family == Family::kEcdsa) signature = EcdsaFromDer(signature, CoordinateBytes(algorithm));
  return signature;
}

std::string MakeMac(Algorithm algorithm, std::string_view secret, std::string_view input) {
  const openssl::ErrorMark mark;
  if (secret.size() > INT_MAX || !IsSymmetric(algorithm)) return "";
  std::string mac(HashBytes(algorithm), '\0');
  unsigned int length = 0;
  const unsigned char* made =
      HMAC(HashOf(algorithm), secret.data(), static_cast<int>(secret.size()), Octets(input),
           input.size(), reinterpret_cast<unsigned char*>(mac.data()), &length);
  return made != nullptr && length == mac.size() ? mac : "";
}

bool VerifyMac(Algorithm algorithm, std::string_view secret, std::string_view input,
               std::string_view signature) {
  const std::string expected = MakeMac(algorithm, secret, input);
  return !expected.empty() && signature.size() == expected.size() &&
         CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
}

}  // namespace warden
