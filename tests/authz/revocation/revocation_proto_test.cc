#include "authz/revocation/revocation_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

using ::testing::HasSubstr;
using Kind = RevocationKind;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::vector<Revocation> OneOfEach() {
  std::vector<Revocation> all = {
      {.key = {Kind::kToken, "https://auth.example", "id \"1\" \\ {}: #"},
       .reason = "stölen: - \"x\""},
      {.key = {Kind::kSubject, "https://auth.example", "alice"},
       .issued_before = kNow - absl::Milliseconds(1500)},
      {.key = {Kind::kCertificate, "", std::string(64, 'a')}, .expires_at = kNow + absl::Hours(5)},
      {.key = {Kind::kKey, "i", "007"}},
      {.key = {Kind::kApiKey, "", "true"}},
  };
  for (Revocation& one : all) one = *NormalRevocation(one, kNow);
  return all;
}

TEST(RevocationProtoTest, MessagesRoundTrip) {
  for (const Revocation& one : OneOfEach()) {
    const auto read = FromProto(ToProto(one), kNow + absl::Hours(1));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, one);
  }
}

TEST(RevocationProtoTest, FilesRoundTrip) {
  const std::string text = FormatRevocations(OneOfEach());
  const auto read = ParseRevocations(text, "r.yaml", 5, kNow + absl::Hours(1));
  ASSERT_TRUE(read.ok()) << read.status() << text;
  EXPECT_EQ(*read, OneOfEach());
  const auto none = ParseRevocations(FormatRevocations({}), "r.yaml", 5, kNow);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->empty());
}

TEST(RevocationProtoTest, TooManyAreRefused) {
  const auto read = ParseRevocations(FormatRevocations(OneOfEach()), "r.yaml", 4, kNow);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("max_entries is 4"));
}

TEST(RevocationProtoTest, WrongFilesAreRefusedWithTheirPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "r.yaml"},
      {"revocations:\n  - reason: x\n", "r.yaml:2"},
      {"revocations:\n  - token: {issuer: i}\n", "r.yaml:2"},
      {"revocations:\n  - token: {jti: i}\n", "r.yaml:2"},
      {"revocations:\n  - token: {issuer: i, jti: a}\n    api_key: {id: b}\n", "r.yaml:"},
      {"revocations:\n  - certificate: {sha256: abc}\n", "r.yaml:2"},
      {"revocations:\n  - token: {issuer: i, jti: \"a\\nb\"}\n", "r.yaml:2"},
      {"revocations:\n  - tokens: {issuer: i, jti: a}\n", "r.yaml:2"},
      {"revocations:\n  - subject: {issuer: i, subject: a, issued_before: never}\n", "r.yaml:2"},
      {"tokens: []\n", "r.yaml:1"},
  };
  for (const auto& [text, place] : cases) {
    const auto read = ParseRevocations(text, "r.yaml", 5, kNow);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(place)) << text;
  }
}

TEST(RevocationProtoTest, WrongMessagesAreRefused) {
  EXPECT_FALSE(FromProto({}, kNow).ok());
  v1::Revocation message = ToProto(OneOfEach()[0]);
  message.mutable_expires_at()->set_seconds(int64_t{1} << 60);
  EXPECT_FALSE(FromProto(message, kNow).ok());
  message.mutable_expires_at()->set_seconds(0);
  message.mutable_expires_at()->set_nanos(-1);
  EXPECT_FALSE(FromProto(message, kNow).ok());
}

}  // namespace
}  // namespace warden
