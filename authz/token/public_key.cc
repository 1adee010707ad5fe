#include "authz/token/public_key.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "authz/token/openssl.h"
#include "openssl/core_names.h"

namespace warden {
namespace {

using openssl::BignumPtr;
using openssl::Octets;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;  // a verification of it costs less than one millisecond
constexpr BN_ULONG kMinRsaExponent = 65537;
constexpr int kMaxRsaExponentBits = 64;

constexpr std::array<BN_ULONG, 38> kSmallPrimes = {
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

constexpr std::array<EcCurve, 3> kEcCurves = {{
    {"P-256", 32, Algorithm::kEs256},
    {"P-384", 48, Algorithm::kEs384},
    {"P-521", 66, Algorithm::kEs512},
}};

// The y coordinates of the points of Edwards25519 whose order divides 8, little-endian and without
// the sign bit, with their unreduced forms. Any signature verifies under such a key for many
// messages.
constexpr std::array<std::string_view, 7> kSmallOrderEd25519 = {
    std::string_view("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                     32),
    std::string_view("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                     32),
    std::string_view("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
                     "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
                     32),
    std::string_view("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
                     "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
                     32),
    std::string_view("\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                     32),
    std::string_view("\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                     32),
    std::string_view("\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                     32),
};

absl::Status Weak(std::string_view what) {
  return absl::FailedPreconditionError(absl::string_view(what.data(), what.size()));
}

BignumPtr ToBignum(std::string_view octets) {
  return BignumPtr(BN_bin2bn(Octets(octets), static_cast<int>(octets.size()), nullptr));
}

absl::Status CheckRsaNumbers(const BIGNUM* n, const BIGNUM* e) {
  if (BN_num_bits(n) < kMinRsaBits || BN_num_bits(n) > kMaxRsaBits) {
    return Weak(absl::StrCat("the RSA modulus has ", BN_num_bits(n), " bits, not ", kMinRsaBits,
                             " to ", kMaxRsaBits));
  }
  const int exponent_bits = BN_num_bits(e);
  if (!BN_is_odd(e) || exponent_bits > kMaxRsaExponentBits || BN_get_word(e) < kMinRsaExponent) {
    return Weak("the RSA exponent is not an odd number from 65537 to 2^64");
  }
  const bool small_factor =
      !BN_is_odd(n) || std::any_of(kSmallPrimes.begin(), kSmallPrimes.end(),
                                   [n](BN_ULONG p) { return BN_mod_word(n, p) == 0; });
  if (small_factor) return Weak("the RSA modulus has a small factor");
  if (HasRocaFingerprint(n)) return Weak("the RSA modulus has the ROCA weakness (CVE-2017-15361)");
  return absl::OkStatus();
}

// Makes the key of the builder's parameters and lets OpenSSL check it.
std::shared_ptr<EVP_PKEY> FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  openssl::ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  openssl::PkeyCtxPtr maker(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (params == nullptr || maker == nullptr || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> key(made, EVP_PKEY_free);
  openssl::PkeyCtxPtr checker(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
  if (checker == nullptr || EVP_PKEY_public_check(checker.get()) != 1) return nullptr;
  return key;
}

}  // namespace

std::optional<EcCurve> FindEcCurve(std::string_view name) {
  for (const EcCurve& curve : kEcCurves) {
    if (curve.name == name) return curve;
  }
  return std::nullopt;
}

bool HasRocaFingerprint(const BIGNUM* modulus) {
  // Primes of the affected generator are k*M + (65537^a mod M), M a product of small primes. So the
  // modulus is a power of 65537 modulo each of them, which one in 2^27 others is by chance.
  for (BN_ULONG p : kSmallPrimes) {
    const BN_ULONG residue = BN_mod_word(modulus, p);
    const BN_ULONG generator = 65537 % p;
    BN_ULONG power = 1;
    bool found = false;
    do {
      found = power == residue;
      power = power * generator % p;
    } while (!found && power != 1);
    if (!found) return false;
  }
  return true;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeRsaPublicKey(std::string_view n, std::string_view e) {
  const openssl::ErrorMark mark;
  if (n.size() > 2 * kMaxRsaBits / 8 || e.size() > 2 * kMaxRsaBits / 8) {
    return Weak("the RSA modulus or exponent is too long");
  }
  const BignumPtr modulus = ToBignum(n);
  const BignumPtr exponent = ToBignum(e);
  if (modulus == nullptr || exponent == nullptr) return absl::InternalError("out of memory");
  if (absl::Status status = CheckRsaNumbers(modulus.get(), exponent.get()); !status.ok()) {
    return status;
  }
  openssl::ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return absl::InternalError("out of memory");
  }
  auto key = FromParameters("RSA", builder.get());
  if (key == nullptr) return Weak("OpenSSL refuses the RSA key");
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeEcPublicKey(const EcCurve& curve, std::string_view x,
                                                          std::string_view y) {
  const openssl::ErrorMark mark;
  if (x.size() != curve.coordinate_bytes || y.size() != curve.coordinate_bytes) {
    return Weak(absl::StrCat("the coordinates of a point of ", std::string(curve.name), " have ",
                             curve.coordinate_bytes, " octets"));
  }
  const std::string point = absl::StrCat("\x04", std::string(x), std::string(y));
  openssl::ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name.data(),
                                      curve.name.size()) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return absl::InternalError("out of memory");
  }
  auto key = FromParameters("EC", builder.get());
  if (key == nullptr) {
    return Weak(absl::StrCat("the point is not on the curve ", std::string(curve.name)));
  }
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeEdPublicKey(std::string_view curve,
                                                          std::string_view x) {
  const openssl::ErrorMark mark;
  const bool is_25519 = curve == "Ed25519";
  if (!is_25519 && curve != "Ed448") {
    return Weak("crv is not one that Warden verifies with");
  }
  const size_t expected = is_25519 ? 32 : 57;
  if (x.size() != expected) {
    return Weak(absl::StrCat("a key of ", std::string(curve), " has ", expected, " octets"));
  }
  if (is_25519) {
    std::string y(x);
    y.back() = static_cast<char>(y.back() & 0x7f);
    if (std::find(kSmallOrderEd25519.begin(), kSmallOrderEd25519.end(), y) !=
        kSmallOrderEd25519.end()) {
      return Weak("the point of the key has a small order");
    }
  }
  std::shared_ptr<EVP_PKEY> key(
      EVP_PKEY_new_raw_public_key(is_25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, nullptr, Octets(x),
                                  x.size()),
      EVP_PKEY_free);
  if (key == nullptr) return Weak("OpenSSL refuses the key");
  return key;
}

}  // namespace warden
