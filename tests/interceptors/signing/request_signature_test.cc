#include "authz/signing/request_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "authz/signing/request_signer.h"

namespace warden {
namespace {

constexpr char kGood[] = "v1;keyid=k.1;created=1764000000123;nonce=AAAAAAAAAAAAAAAAAAAAAA;sig=AAEC";

TEST(RequestSignatureTest, ReadsWhatItWrites) {
  const auto signature = ParseRequestSignature(kGood);
  ASSERT_TRUE(signature.has_value());
  EXPECT_EQ(signature->key_id, "k.1");
  EXPECT_EQ(signature->created_ms, 1764000000123);
  EXPECT_EQ(signature->nonce, "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(signature->octets, std::string("\0\1\2", 3));
  EXPECT_EQ(FormatRequestSignature(*signature), kGood);
}

TEST(RequestSignatureTest, TakesNothingElse) {
  const std::string good = kGood;
  const auto with = [&](const std::string& from, const std::string& to) {
    return absl::StrReplaceAll(good, {{from, to}});
  };
  const std::vector<std::string> bad = {
      "",
      "v1",
      good + ";",
      good + ";x=1",
      " " + good,
      good + " ",
      good + std::string(1, '\0'),
      with("v1", "v2"),
      with("v1;", "v1x;"),
      with("keyid=k.1", "keyid="),
      with("keyid=k.1", "keyid=k 1"),
      with("keyid=k.1", "keyid=k\n1"),
      with("keyid=k.1", "keyid=" + std::string(65, 'a')),
      with("keyid", "KeyId"),
      with("created=1764000000123", "created=0"),
      with("created=1764000000123", "created=01764000000123"),
      with("created=1764000000123", "created=-1"),
      with("created=1764000000123", "created=+1"),
      with("created=1764000000123", "created=1e3"),
      with("created=1764000000123", "created=99999999999999999999"),
      with("created=1764000000123", "created=253402300800000"),
      with("created=1764000000123;", ""),
      with("nonce=AAAAAAAAAAAAAAAAAAAAAA", "nonce=AAAAAAAAAAAAAAAAAAAAA"),
      with("nonce=AAAAAAAAAAAAAAAAAAAAAA", "nonce=AAAAAAAAAAAAAAAAAAAA+A"),
      with("nonce=AAAAAAAAAAAAAAAAAAAAAA", "nonce=" + std::string(65, 'A')),
      with("sig=AAEC", "sig="),
      with("sig=AAEC", "sig=AAE="),
      with("sig=AAEC", "sig=AAEC="),
      with("sig=AAEC",
           "sig=AAE"
           "D!"),
      "v1;created=1764000000123;keyid=k.1;nonce=AAAAAAAAAAAAAAAAAAAAAA;sig=AAEC",
      "v1;keyid=k.1;keyid=k.2;created=1764000000123;nonce=AAAAAAAAAAAAAAAAAAAAAA;sig=AAEC",
      good + std::string(600, 'A'),
  };
  for (const std::string& text : bad) {
    EXPECT_FALSE(ParseRequestSignature(text).has_value()) << text;
  }
}

// HMAC-SHA-256 by Python's hmac module over the text of SigningInput's comment, key 0x00..0x1f.
TEST(RequestSignatureTest, SignsTheDocumentedText) {
  const auto signature = ParseRequestSignature(kGood);
  const auto digest = DigestOf("body");
  ASSERT_TRUE(signature.has_value() && digest.has_value());
  EXPECT_EQ(SigningInput("/a.B/C", "host:1", *signature, *digest),
            "warden-request-signature-v1\n/a.B/C\nhost:1\nk.1\n1764000000123\n"
            "AAAAAAAAAAAAAAAAAAAAAA\n"
            "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5\n");
}

TEST(RequestSignerTest, WantsAKeyThatServersCanKnow) {
  EXPECT_TRUE(RequestSigner::Create(*SigningKey::Generate(Algorithm::kHs256, "a")).ok());
  EXPECT_TRUE(RequestSigner::Create(*SigningKey::Generate(Algorithm::kEdDsa, "a")).ok());
  EXPECT_FALSE(RequestSigner::Create(*SigningKey::Generate(Algorithm::kHs256, "")).ok());
  EXPECT_FALSE(RequestSigner::Create(*SigningKey::Generate(Algorithm::kHs256, "a b")).ok());
  EXPECT_FALSE(RequestSigner::Create(*SigningKey::Generate(Algorithm::kEs256, "a")).ok());
}

TEST(RequestSignerTest, NoTwoSignaturesAreTheSame) {
  const auto signer = RequestSigner::Create(*SigningKey::Generate(Algorithm::kHs256, "a"));
  const absl::Time now = absl::FromUnixSeconds(1'764'000'000);
  EXPECT_NE(*signer->Sign("/a.B/C", "h", "x", now), *signer->Sign("/a.B/C", "h", "x", now));
  EXPECT_TRUE(ParseRequestSignature(*signer->Sign("/a.B/C", "h", "x", now)).has_value());
}

}  // namespace
}  // namespace warden
