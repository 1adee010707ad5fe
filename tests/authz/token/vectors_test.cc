// Published signatures: RFC 7515 appendix A, RFC 7519, RFC 7520 section 4, RFC 8037 appendix A.4,
// and special cases of json_web_signature_test.json and json_web_key_test.json of Project
// Wycheproof (github.com/C2SP/wycheproof, Apache-2.0).
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/verifier.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

// A verifier with this key alone, which may be used for whatever it is fit for; null if it is fit
// for nothing.
std::shared_ptr<const TokenVerifier> VerifierOf(const std::string& jwk) {
  KeySetOptions key_options;
  key_options.allow_single_key = true;
  key_options.insecure_allow_private_members = true;
  const auto keys = KeySet::Parse(jwk, key_options);
  if (!keys.ok()) return nullptr;
  IssuerOptions options;
  options.keys = *keys;
  options.insecure_allow_any_issuer = true;
  options.insecure_allow_missing_audience = true;
  for (Algorithm algorithm : AllAlgorithms()) {
    if ((*keys)->algorithms().Contains(algorithm)) {
      options.algorithms.emplace_back(AlgorithmName(algorithm));
    }
  }
  const auto verifier = TokenVerifier::Create({options});
  EXPECT_TRUE(verifier.ok()) << verifier.status();
  return *verifier;
}

SignatureResult VerifyWith(const std::string& jwk, const std::string& token) {
  static auto* const verifiers = new std::map<std::string, std::shared_ptr<const TokenVerifier>>;
  const auto [found, inserted] = verifiers->try_emplace(jwk);
  if (inserted) found->second = VerifierOf(jwk);
  if (found->second == nullptr) return {TokenRefusal::kKeyUnusable, "unusable", "unknown", ""};
  return found->second->InsecureVerifySignatureOnly(token);
}

struct Vector {
  const char* name;
  const char* key;
  const char* algorithm;
  std::string signing_input;
  std::string signature;
};

constexpr char kJoe[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

constexpr char kHobbiton[] =
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250by"
    "B0"
    "aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW"
    "91"
    "IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

constexpr char kRfc7515Hmac[] =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";

constexpr char kRfc7515Rsa[] =
    R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp)"
    R"(-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg)"
    R"(0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9)"
    R"(kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})";

constexpr char kRfc7515Ec[] =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",)"
    R"("d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";

constexpr char kRfc7515P521[] =
    R"({"kty":"EC","crv":"P-521",)"
    R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
    R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})";

constexpr char kRfc7520Rsa[] =
    R"({"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","e":"AQAB",)"
    R"("n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJ)"
    R"(mSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVf)"
    R"(Hd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKn)"
    R"(S2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"})";

constexpr char kRfc7520P521[] =
    R"({"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521",)"
    R"("x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",)"
    R"("y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"})";

constexpr char kRfc7520Hmac[] =
    R"({"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256",)"
    R"("k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"})";

constexpr char kRfc8037Ed25519[] =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

const Vector kGood[] = {
    {"RFC 7515 A.1, RFC 7519 3.1", kRfc7515Hmac, "HS256",
     absl::StrCat("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.", kJoe),
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    {"RFC 7515 A.2", kRfc7515Rsa, "RS256", absl::StrCat("eyJhbGciOiJSUzI1NiJ9.", kJoe),
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
     "O8W2Fp5ju"
     "jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
     "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
     "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
     "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipU"
     "TI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
    {"RFC 7515 A.3", kRfc7515Ec, "ES256", absl::StrCat("eyJhbGciOiJFUzI1NiJ9.", kJoe),
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    {"RFC 7515 A.4", kRfc7515P521, "ES512", "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
     "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_"
     "7XdtAG8GaS"
     "wFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
    {"RFC 7520 4.1", kRfc7520Rsa, "RS256",
     absl::StrCat("eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.",
                  kHobbiton),
     "MRjdkly7_-"
     "oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII"
     "7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_"
     "qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1"
     "Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-"
     "Zn"
     "mKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"},
    {"RFC 7520 4.2", kRfc7520Rsa, "PS384",
     absl::StrCat("eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.",
                  kHobbiton),
     "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-"
     "tPid6VrklHkqsGqDqHCdP6O8TTB5"
     "dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-"
     "UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8"
     "P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_"
     "jLAeQTlqRHtfa64QQS"
     "UmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"},
    {"RFC 7520 4.3", kRfc7520P521, "ES512",
     absl::StrCat("eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.",
                  kHobbiton),
     "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-"
     "JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mt"
     "PBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2"},
    {"RFC 7520 4.4", kRfc7520Hmac, "HS256",
     absl::StrCat(
         "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.",
         kHobbiton),
     "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"},
    {"RFC 8037 A.4", kRfc8037Ed25519, "EdDSA",
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};

TEST(RfcVectorsTest, GoodSignaturesPassAndSayTheAlgorithm) {
  for (const Vector& vector : kGood) {
    const auto result =
        VerifyWith(vector.key, absl::StrCat(vector.signing_input, ".", vector.signature));
    EXPECT_EQ(result.refusal, TokenRefusal::kNone) << vector.name << ": " << result.detail;
    EXPECT_EQ(result.algorithm, vector.algorithm) << vector.name;
    const size_t dot = vector.signing_input.find('.');
    EXPECT_EQ(Base64UrlEncode(result.payload), vector.signing_input.substr(dot + 1)) << vector.name;
  }
}

TEST(RfcVectorsTest, AnyChangedBitOfTheSignatureIsRefused) {
  for (const Vector& vector : kGood) {
    const std::string signature = *Base64UrlDecode(vector.signature);
    for (size_t bit = 0; bit < signature.size() * 8; bit += 5) {
      std::string changed = signature;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      const auto result =
          VerifyWith(vector.key, absl::StrCat(vector.signing_input, ".", Base64UrlEncode(changed)));
      EXPECT_EQ(result.refusal, TokenRefusal::kSignature) << vector.name << " bit " << bit;
      EXPECT_EQ(result.payload, "");
    }
  }
}

TEST(RfcVectorsTest, NoOtherKeyVerifies) {
  for (const Vector& vector : kGood) {
    for (const Vector& other : kGood) {
      if (std::string_view(other.key) == vector.key) continue;
      const auto result =
          VerifyWith(other.key, absl::StrCat(vector.signing_input, ".", vector.signature));
      EXPECT_NE(result.refusal, TokenRefusal::kNone) << vector.name << " with " << other.name;
    }
  }
}

TEST(RfcVectorsTest, UnsecuredTokensAreRefused) {
  // RFC 7515 A.5, RFC 7519 6.1; the other spellings are wycheproof's.
  for (const std::string& token :
       {absl::StrCat("eyJhbGciOiJub25lIn0.", kJoe, "."),
        std::string("eyJhbGciOiJub25lIn0.MTIzNDAw."), std::string("eyJhbGciOiJOT05FIn0.MTIzNDAw."),
        std::string("eyJhbGciOiJub25lIiwia2lkIjoibm9uZSJ9.MTIzNDAw.")}) {
    for (const Vector& vector : kGood) {
      EXPECT_EQ(VerifyWith(vector.key, token).refusal, TokenRefusal::kAlgorithmNotAllowed) << token;
    }
  }
}

TEST(RfcVectorsTest, TheTokenOfRfc7519PassesUntilItExpires) {
  KeySetOptions key_options;
  key_options.allow_single_key = true;
  IssuerOptions options;
  options.issuer = "joe";
  options.keys = *KeySet::Parse(kRfc7515Hmac, key_options);
  options.algorithms = {"HS256"};
  options.insecure_allow_missing_audience = true;
  options.leeway = absl::ZeroDuration();
  const auto verifier = *TokenVerifier::Create({options});
  const std::string token = absl::StrCat(kGood[0].signing_input, ".", kGood[0].signature);
  const TokenResult before = verifier->Verify(token, absl::FromUnixSeconds(1300819379));
  ASSERT_NE(before.token, nullptr) << before.detail;
  EXPECT_EQ(before.token->issuer(), "joe");
  EXPECT_EQ(before.token->claims().at("http://example.com/is_root"), true);
  EXPECT_EQ(verifier->Verify(token, absl::FromUnixSeconds(1300819380)).refusal,
            TokenRefusal::kExpired);
}

// Wycheproof, keys "SpecialCaseEs256" and "base64".
constexpr char kWycheproofEc[] =
    R"({"alg":"ES256","use":"sig","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY",)"
    R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-256","kid":"kid-ec-sign","kty":"EC"})";
constexpr char kWycheproofHmac[] = R"({"kty":"oct","kid":"hs256-key","use":"sig","alg":"HS256",)"
                                   R"("k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
constexpr char kWycheproofAesSign[] =
    R"({"alg":"HS256","use":"sig","k":"-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE",)"
    R"("kid":"kid-aes-sign","kty":"oct"})";

struct WycheproofCase {
  const char* name;
  const char* key;
  const char* token;
  bool valid;
};

#define EC_HEADER "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0."
#define HS_HEADER "eyJraWQiOiJoczI1Ni1rZXkiLCJhbGciOiJIUzI1NiJ9."
#define AES_HEADER "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1hZXMtc2lnbiJ9."
#define EC_GOOD \
  EC_HEADER     \
  "Zm9v.5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA"
#define AES_GOOD AES_HEADER "Zm9v.TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg"

const WycheproofCase kWycheproof[] = {
    {"acceptsValid hs256", kWycheproofAesSign, AES_GOOD, true},
    {"rejectsMissingSignature", kWycheproofAesSign, AES_HEADER "Zm9v.", false},
    {"rejectsMissingSignatureAndSeparator", kWycheproofAesSign, AES_HEADER "Zm9v", false},
    {"rejectsModifiedPayload", kWycheproofAesSign,
     AES_HEADER "WG9v.TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg", false},
    {"rejectsMissingHeader", kWycheproofAesSign,
     ".Zm9v.TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg", false},
    {"rejectsEmptyString", kWycheproofAesSign, "", false},
    {"rejectsExtraEmptyComponent", kWycheproofAesSign, AES_GOOD ".", false},
    {"rejectsExtraComponent", kWycheproofAesSign, AES_GOOD ".foo", false},
    {"rejectsNoneAlgorithmAndMissingSignature", kWycheproofAesSign,
     "eyJhbGciOiJub25lIiwia2lkIjoia2lkLWFlcy1zaWduIn0.Zm9v.", false},
    {"rejectsValidJsonSerialization", kWycheproofAesSign,
     "{\"payload\":\"Zm9v\",\"signatures\":[{\"protected\":"
     "\"eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1hZXMtc2lnbiJ9\",\"header\":{\"unknown\":"
     "\"untrustworthy\"},\"signature\":\"TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg\"}",
     false},
    {"acceptsValid es256", kWycheproofEc, EC_GOOD, true},
    {"rejectsSymmetryConfusionAttacks", kWycheproofEc,
     "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.Zm9v.TgWtz2FIRukBQ_mA5sgHa0Ybtgn7bl-"
     "YBPAi7Z0XdHU",
     false},
    {"rejectsAttackerProvidedEmbeddedJwk", kWycheproofEc,
     "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIiwiandrIjp7Imt0eSI6IkVDIiwia2lkIjoia2lkLWVjLXNpZ"
     "24i"
     "LCJ1c2UiOiJzaWciLCJhbGciOiJFUzI1NiIsIngiOiJNZG5UWkRJaERKYmZBU2RGcWFtY3BPMkNoOUdOS0sybTBNUWxoN"
     "DAy"
     "U3BvIiwieSI6Ijdhdko0bHFfV3l4LW5MUERCUTJZcHl0dUh5TWlvMDdCVXl2bDNqYUMtMVkiLCJjcnYiOiJQLTI1NiJ9f"
     "Q."
     "Zm9v.4jmsollQD8ZxvySzXYnIEYA4fwaZi2ZbC0aI1J4LYmW2Bn31NhKdjms2N6o51Dff5-InWXQF9m45VtTexl6yjg",
     false},
    {"valid, high s", kWycheproofEc,
     EC_HEADER
     "Zm9v.5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrppUShFwBW_Qj7IqhFOtNrIXLLKXS5CSZmERxmnjeyoiQ",
     true},
    {"SignatureTooLong", kWycheproofEc,
     EC_HEADER "Zm9v.AOXANDh8jD-3s2plHeXPZFfhaxsXceIWxlznaZUJLra6AJau17k_6kC-"
               "wTdV7rFLJTdgNDBQeNVU629ysRtudnzI",
     false},
    {"RisTooBig", kWycheproofEc,
     EC_HEADER "Zm9v.AeXANDd8jD-4s2plHeXPZFeeUhXFGPm1S1ChNFgFkdwLAJau17k_6kC-"
               "wTdV7rFLJTdgNDBQeNVU629ysRtudnzI",
     false},
    {"rIsZero_sIsZero", kWycheproofEc,
     EC_HEADER
     "Zm9v.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
     false},
    {"rIsZero_sIsN", kWycheproofEc,
     EC_HEADER
     "Zm9v.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD_____AAAAAP__________vOb6racXnoTzucrC_GMlUQ",
     false},
    {"rIsOne_sIsOne", kWycheproofEc,
     EC_HEADER
     "Zm9v.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ",
     false},
    {"rIsNminus1_sIsNminus1", kWycheproofEc,
     EC_HEADER
     "Zm9v._____wAAAAD__________7zm-q2nF56E87nKwvxjJVD_____AAAAAP__________vOb6racXnoTzucrC_GMlUA",
     false},
    {"ValidMac", kWycheproofHmac, HS_HEADER "VGVzdA.c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8",
     true},
    {"ValidEdgeCaseMac", kWycheproofHmac,
     HS_HEADER "VDIxMzI1NjY4.AAAAtBuQqoI9HuBeAsgjL4nx8sCGYJa5-G2OrureLO4", true},
    {"rejectsSpacesInMac", kWycheproofHmac,
     HS_HEADER "VGVzdA.    c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8", false},
    {"rejectsInvalidCharacterInsertedInMac", kWycheproofHmac,
     HS_HEADER "VGVzdA.?c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8", false},
    {"spacesInHeader", kWycheproofHmac,
     "eyJraWQiOiJoczI1Ni1rZXkiLCJhbGciOiJIUzI1NiJ9    "
     ".VGVzdA.DR-cdw2cCB53b3mpzMfk2gKTeyN0PhXBrTW1atMf"
     "SdM",
     false},
    {"invalidCharactersInPayload", kWycheproofHmac,
     HS_HEADER "####VGVzdA.Ixs2CdBkk8qjqe2-hq2dobqVvv9iDcDS6gPNgoXJyFY", false},
    {"ModifiedUnusedBitsInPayload", kWycheproofHmac,
     HS_HEADER "AB.8sL_ycV8G_D-K_2A3I0EW3NoPMeQzv13cAzuHlQ5TAE", false},
    {"MacOfIncorrectlyEncodedMessage", kWycheproofHmac,
     HS_HEADER "AB.9phoKDvkBMAqTgeVIYeqAi6-lvC0pbKg9ER--3T97w0", false},
    {"ValidSpacesInJsonHeader", kWycheproofHmac,
     "eyAia2lkIiA6ICJoczI1Ni1rZXkiLCAiYWxnIiA6ICJIUzI1NiIgfQ.VGVzdA."
     "3nl1C7dKVGLfNyALp4ZKkmNFBJlFP8M9V"
     "GzCyil9S1c",
     true},
    {"ValidWhiteSpaceInJsonHeader", kWycheproofHmac,
     "eyJraWQiOiJoczI1Ni1rZXkiLAoJImFsZyI6IkhTMjU2In0.VGVzdA.Yxn8cTl7IHpFIoEPOFrWmjm-GQlr_"
     "RMqHNJOp1Zu"
     "weY",
     true},
    {"jwk: jws_mixedSymmetryKeyset",
     R"({"keys":[{"alg":"HS256","use":"sig","k":"-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE",)"
     R"("kid":"kid-aes-sign","kty":"oct"},{"alg":"ES256","use":"sig",)"
     R"("x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY",)"
     R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-256","kid":"kid-ec-sign","kty":"EC"}]})",
     AES_GOOD, false},
    {"jwk: key_too_short",
     R"({"keys":[{"kty":"oct","use":"sig","kid":"short_hs256_key","alg":"HS256",)"
     R"("k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"}]})",
     "eyJhbGciOiJIUzI1NiIsImtpZCI6InNob3J0X2hzMjU2X2tleSJ9.Zm9v."
     "OHXFiYUEmZcuvFx8FTvvN0fCfe8bspBX1ctB4dq"
     "cv0U",
     false},
    {"jwk: empty_key",
     R"({"keys":[{"kty":"oct","use":"sig","kid":"hs256_key","alg":"HS256","k":""}]})",
     "eyJhbGciOiJIUzI1NiIsImtpZCI6ImhzMjU2X2tleSJ9.Zm9v.fyLEImF-"
     "r3ro2KJGK6cE1r304rKYqPMDLOwWF7A8cn4",
     false},
    {"jwk: invalid_use",
     R"({"use":"enc","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","kid":"kid-ec-sign",)"
     R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-256","kty":"EC"})",
     EC_GOOD, false},
    {"jwk: rejectWrongKeyOps",
     R"({"key_ops":["encrypt"],"x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","kid":"kid-ec-sign",)"
     R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-256","kty":"EC"})",
     EC_GOOD, false},
    {"jwk: invalid_point",
     R"({"alg":"ES256","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","kid":"kid-ec-sign",)"
     R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw","crv":"P-256","kty":"EC"})",
     EC_GOOD, false},
    {"jwk: wrong_curve",
     R"({"alg":"ES256","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","kid":"kid-ec-sign",)"
     R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-384","kty":"EC"})",
     EC_GOOD, false},
    {"jwk: mismatchedAlgAndCurve",
     R"({"alg":"ES521","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","kid":"kid-ec-sign",)"
     R"("y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-256","kty":"EC"})",
     EC_GOOD, false},
    {"jwk: invalid_aes_gcm_key",
     R"({"alg":"A256GCM","use":"sig","k":"-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE",)"
     R"("kid":"kid-aes-sign","kty":"oct"})",
     AES_GOOD, false},
};

TEST(WycheproofVectorsTest, SpecialCases) {
  for (const WycheproofCase& test : kWycheproof) {
    const auto result = VerifyWith(test.key, test.token);
    EXPECT_EQ(result.refusal == TokenRefusal::kNone, test.valid) << test.name << result.detail;
  }
}

}  // namespace
}  // namespace warden
