#include "authz/revocation/revocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using Kind = RevocationKind;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const std::string kHex(64, 'a');

TEST(RevocationTest, KeysRoundTrip) {
  for (const RevocationKey& key : {
           RevocationKey{Kind::kToken, "https://auth.example", "id-1"},
           RevocationKey{Kind::kSubject, "https://auth.example", "alice bob|ä"},
           RevocationKey{Kind::kCertificate, "", kHex},
           RevocationKey{Kind::kKey, "i", "kid"},
           RevocationKey{Kind::kApiKey, "", "key-7"},
       }) {
    const auto decoded = DecodeKey(EncodeKey(key));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, key);
  }
}

TEST(RevocationTest, TextsThatAreNoKeysAreRefused) {
  for (const std::string& text :
       {std::string(), std::string("token"), std::string("token\na"), std::string("token\n\nb"),
        std::string("token\na\n"), std::string("tokens\na\nb"), std::string("token\na\nb\nc"),
        std::string("certificate\n\nabc"), std::string("api_key\nissuer\nid"),
        std::string("token\na\n\xff"), std::string("token\na\nb\0c", 11)}) {
    EXPECT_FALSE(DecodeKey(text).ok()) << text;
  }
}

TEST(RevocationTest, BadKeysAreRefused) {
  const RevocationKey bad[] = {
      {Kind::kToken, "i", ""},
      {Kind::kToken, "", "id"},
      {Kind::kSubject, "", "id"},
      {Kind::kKey, "", "id"},
      {Kind::kApiKey, "i", "id"},
      {Kind::kCertificate, "i", kHex},
      {Kind::kToken, "i", "a\nb"},
      {Kind::kToken, "i\n", "a"},
      {Kind::kToken, "i", std::string("a\0", 2)},
      {Kind::kToken, "i", "\xc0\x80"},
      {Kind::kToken, "i", std::string(kMaxRevocationIdBytes + 1, 'a')},
      {Kind::kToken, std::string(kMaxRevocationIdBytes + 1, 'a'), "a"},
      {Kind::kCertificate, "", kHex.substr(1)},
      {Kind::kCertificate, "", kHex + "a"},
      {Kind::kCertificate, "", kHex.substr(1) + "g"},
      {Kind::kCertificate, "", "a:" + kHex.substr(2)},
  };
  for (const RevocationKey& key : bad) {
    EXPECT_EQ(NormalKey(key).status().code(), absl::StatusCode::kInvalidArgument)
        << ToString(key.kind) << " " << key.issuer << " " << key.id;
  }
  EXPECT_TRUE(NormalKey({Kind::kToken, "i", std::string(kMaxRevocationIdBytes, 'a')}).ok());
}

TEST(RevocationTest, FingerprintsHaveOneForm) {
  std::string openssl = "AA";
  for (int i = 1; i < 32; ++i) absl::StrAppend(&openssl, ":AA");
  for (const std::string& text : {kHex, std::string(64, 'A'), openssl}) {
    const auto key = NormalKey({Kind::kCertificate, "", text});
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->id, kHex);
  }
}

TEST(RevocationTest, TimesAreFilledIn) {
  auto token = NormalRevocation({.key = {Kind::kToken, "i", "a"}}, kNow);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->revoked_at, kNow);
  EXPECT_EQ(token->issued_before, absl::InfiniteFuture());
  EXPECT_EQ(token->expires_at, absl::InfiniteFuture());
  const absl::Time before = kNow - absl::Hours(1);
  auto subject = NormalRevocation({.key = {Kind::kSubject, "i", "a"}, .revoked_at = before}, kNow);
  ASSERT_TRUE(subject.ok());
  EXPECT_EQ(subject->revoked_at, before);
  EXPECT_EQ(subject->issued_before, before);
}

TEST(RevocationTest, BadEntriesAreRefused) {
  EXPECT_FALSE(NormalRevocation({.key = {Kind::kToken, "i", "a"}, .reason = "a\nb"}, kNow).ok());
  EXPECT_FALSE(NormalRevocation({.key = {Kind::kToken, "i", "a"},
                                 .reason = std::string(kMaxRevocationReasonBytes + 1, 'a')},
                                kNow)
                   .ok());
  EXPECT_FALSE(
      NormalRevocation({.key = {Kind::kToken, "i", "a"}, .issued_before = kNow}, kNow).ok());
}

}  // namespace
}  // namespace warden
