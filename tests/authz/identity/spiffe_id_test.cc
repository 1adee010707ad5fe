#include "authz/identity/spiffe_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SpiffeIdTest, ReadsTrustDomainAndPath) {
  const auto id = SpiffeId::Parse("spiffe://shop.example/ns/prod/sa/orders");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->str(), "spiffe://shop.example/ns/prod/sa/orders");
  EXPECT_EQ(id->trust_domain(), "shop.example");
  EXPECT_EQ(id->path(), "/ns/prod/sa/orders");
}

TEST(SpiffeIdTest, PathMayBeAbsent) {
  const auto id = SpiffeId::Parse("spiffe://shop.example");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->trust_domain(), "shop.example");
  EXPECT_EQ(id->path(), "");
}

TEST(SpiffeIdTest, ViewsFollowCopiesAndMoves) {
  auto original = SpiffeId::Parse("spiffe://a/b");
  ASSERT_TRUE(original.ok());
  const SpiffeId copy = *original;
  const SpiffeId moved = std::move(*original);
  EXPECT_EQ(copy.path(), "/b");
  EXPECT_EQ(moved.trust_domain(), "a");
  EXPECT_TRUE(copy == moved);
}

class WellFormed : public ::testing::TestWithParam<const char*> {};

TEST_P(WellFormed, IsAccepted) { EXPECT_TRUE(SpiffeId::Parse(GetParam()).ok()) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(SpiffeIdTest, WellFormed,
                         ::testing::Values("spiffe://a", "spiffe://a/b", "spiffe://1.2.3.4/x",
                                           "spiffe://under_score.example/A-Z_a.z0",
                                           "spiffe://a/...", "spiffe://a/.b/..c/d.", "spiffe://-/-",
                                           "spiffe://td/UPPER/lower"));

class Malformed : public ::testing::TestWithParam<std::string> {};

TEST_P(Malformed, IsRefusedWithoutRepeatingIt) {
  const auto id = SpiffeId::Parse(GetParam());
  ASSERT_FALSE(id.ok()) << GetParam();
  EXPECT_EQ(id.status().code(), absl::StatusCode::kInvalidArgument);
  if (GetParam().size() > 12) {  // shorter ones are part of the explanation
    EXPECT_THAT(std::string(id.status().message()), Not(HasSubstr(GetParam())));
  }
}

INSTANTIATE_TEST_SUITE_P(
    SpiffeIdTest, Malformed,
    ::testing::Values("", "s", "spiffe", "spiffe:", "spiffe:/", "spiffe://", "spiffe:///path",
                      "spiffe:/a/b", "spiffe:a/b", "SPIFFE://a/b", "Spiffe://a/b", "spiffes://a/b",
                      "https://a/b", " spiffe://a/b", "spiffe://a/b ", "spiffe://A/b",
                      "spiffe://shop.Example/b", "spiffe://a:80/b", "spiffe://a:/b",
                      "spiffe://user@a/b", "spiffe://u:p@a/b", "spiffe://[::1]/b",
                      "spiffe://a%2eb/c", "spiffe://a/b?q", "spiffe://a?q", "spiffe://a/b#f",
                      "spiffe://a#f", "spiffe://a/", "spiffe://a//", "spiffe://a/b/",
                      "spiffe://a//b", "spiffe://a/b//c", "spiffe://a/.", "spiffe://a/..",
                      "spiffe://a/./b", "spiffe://a/../b", "spiffe://a/b/..", "spiffe://a/b/../c",
                      "spiffe://a/%2e%2e", "spiffe://a/b%20c", "spiffe://a/b c", "spiffe://a/b\\c",
                      "spiffe://a/b:c", "spiffe://a/b@c", "spiffe://a/b;c", "spiffe://a/b,c",
                      "spiffe://a/b*", "spiffe://a/~b", "spiffe://a/b+c", "spiffe://sh\xc3\xb6p/b",
                      "spiffe://a/\xc3\xb6", "spiffe://a/b\n", "spiffe://a/b\t",
                      std::string("spiffe://a/b\0", 13), std::string("spiffe://a\0b/c", 14),
                      std::string("spiffe://a/b\0.evil", 18), std::string("\0spiffe://a/b", 13),
                      "spiffe://a\\b/c", "spiffe://a/b\x7f", "spiffe://a/b\x80"));

TEST(SpiffeIdTest, LengthIsBoundedAtTheByte) {
  const std::string prefix = "spiffe://a/";
  const std::string longest = prefix + std::string(SpiffeId::kMaxBytes - prefix.size(), 'x');
  EXPECT_TRUE(SpiffeId::Parse(longest).ok());
  EXPECT_FALSE(SpiffeId::Parse(longest + "x").ok());
}

TEST(SpiffeIdTest, TrustDomainLengthIsBoundedAtTheByte) {
  const std::string longest(SpiffeId::kMaxTrustDomainBytes, 't');
  EXPECT_TRUE(SpiffeId::Parse("spiffe://" + longest + "/x").ok());
  EXPECT_FALSE(SpiffeId::Parse("spiffe://" + longest + "t/x").ok());
  EXPECT_TRUE(SpiffeId::CheckTrustDomain(longest).ok());
  EXPECT_FALSE(SpiffeId::CheckTrustDomain(longest + "t").ok());
}

// Every byte in each position class, against the specification's character sets.
TEST(SpiffeIdTest, EveryByteIsJudgedByTheSpecifiedSets) {
  const std::string domain_set = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  const std::string path_set = domain_set + "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    EXPECT_EQ(SpiffeId::CheckTrustDomain(std::string("a") + c).ok(),
              domain_set.find(c) != std::string::npos)
        << i;
    // A slash ends in an empty segment, so it is refused here as well.
    EXPECT_EQ(SpiffeId::Parse(std::string("spiffe://a/b") + c).ok(),
              path_set.find(c) != std::string::npos)
        << i;
  }
}

TEST(SpiffeIdTest, SchemeIsRecognisedInAnyCase) {
  EXPECT_TRUE(SpiffeId::HasScheme("spiffe://a"));
  EXPECT_TRUE(SpiffeId::HasScheme("SpIfFe:a"));
  EXPECT_FALSE(SpiffeId::HasScheme("spiffe"));
  EXPECT_FALSE(SpiffeId::HasScheme("spiffes://a"));
  EXPECT_FALSE(SpiffeId::HasScheme("https://spiffe://a"));
}

}  // namespace
}  // namespace warden
