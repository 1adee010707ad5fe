#include "authz/identity/certificate_strength.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr int kLeastSecurityBits = 112;

std::string WeaknessOfCurve(const EVP_PKEY* key) {
  int explicit_parameters = 0;
  EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                         &explicit_parameters);
  if (explicit_parameters != 0) return "an elliptic curve that is not named";
  const int bits = EVP_PKEY_get_bits(key);
  if (bits >= kLeastEcBits) return "";
  return absl::StrCat("an elliptic curve of ", bits, " bits; at least ", kLeastEcBits,
                      " are required");
}

}  // namespace

std::string WeaknessOfKey(const X509* certificate, int min_rsa_bits) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  std::string weakness;
  if (key == nullptr) {
    weakness = "a public key that cannot be read";
  } else {
    switch (EVP_PKEY_get_base_id(key)) {
      case EVP_PKEY_RSA:
      case EVP_PKEY_RSA_PSS: {
        const int bits = EVP_PKEY_get_bits(key);
        if (bits < min_rsa_bits) {
          weakness = absl::StrCat("an RSA key of ", bits, " bits; at least ", min_rsa_bits,
                                  " are required");
        }
        break;
      }
      case EVP_PKEY_EC:
        weakness = WeaknessOfCurve(key);
        break;
      case EVP_PKEY_ED25519:
      case EVP_PKEY_ED448:
        break;
      default:
        weakness = "a public key that is not of RSA, EC, Ed25519 or Ed448";
    }
  }
  ERR_clear_error();
  return weakness;
}

std::string WeaknessOfSignature(X509* certificate) {
  int digest = NID_undef;
  int security_bits = 0;
  uint32_t flags = 0;
  const bool known =
      X509_get_signature_info(certificate, &digest, nullptr, &security_bits, &flags) == 1 &&
      (flags & X509_SIG_INFO_VALID) != 0;
  ERR_clear_error();
  if (!known) return "a signature of an algorithm that is not known";
  if (security_bits >= kLeastSecurityBits) return "";
  return absl::StrCat("a signature with ", OBJ_nid2sn(digest), ", which is too weak");
}

std::string NotForClients(X509* certificate, bool required) {
  const bool present = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0;
  const uint32_t usages = X509_get_extended_key_usage(certificate);
  ERR_clear_error();
  if (!present) return required ? "it does not say that it is for TLS clients" : "";
  return (usages & XKU_SSL_CLIENT) != 0 ? "" : "it is for other uses than TLS clients";
}

}  // namespace warden
