#include "interceptors/abuse/block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "interceptors/abuse/block_proto.h"

namespace warden {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

TEST(BlockTest, AddressesHaveOneForm) {
  const std::pair<const char*, const char*> good[] = {
      {"203.0.113.7", "203.0.113.7/32"},
      {"203.0.113.0/24", "203.0.113.0/24"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"2001:db8::1", "2001:db8::/64"},
      {"2001:db8::1/128", "2001:db8::1/128"},
      {"2001:DB8:0:0::/64", "2001:db8::/64"},
      {"::ffff:10.0.0.7", "10.0.0.7/32"},
      {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
  };
  for (const auto& [text, form] : good) {
    const absl::StatusOr<BlockKey> key = AddressKey(text);
    ASSERT_TRUE(key.ok()) << text << key.status();
    EXPECT_EQ(key->value, form);
    EXPECT_EQ(AddressKey(form)->value, form);
  }
  for (const char* text : {"", "203.0.113.7/24", "203.0.113.0/33", "203.0.113.0/024", "203.0.113",
                           "2001:db8::/-1", "fe80::1%eth0", "unix:/run/x", "10.0.0.0/",
                           "10.0.0.0/8 ", "2001:db8::1/64", "203.0.113.07"}) {
    EXPECT_FALSE(AddressKey(text).ok()) << text;
  }
}

TEST(BlockTest, PeersAndPrincipalsHaveOneForm) {
  EXPECT_EQ(PeerKey("spiffe://shop.example/orders")->value, "spiffe://shop.example/orders");
  EXPECT_EQ(PeerKey(std::string(64, 'A'))->value, std::string(64, 'a'));
  for (const char* text : {"", "orders", "spiffe://", "https://shop.example/orders", "abcd"}) {
    EXPECT_FALSE(PeerKey(text).ok()) << text;
  }
  const BlockKey alice = *PrincipalKey("https://auth", "alice");
  EXPECT_EQ(SplitPrincipal(alice.value).issuer, "https://auth");
  EXPECT_EQ(SplitPrincipal(alice.value).subject, "alice");
  EXPECT_NE(alice, *PrincipalKey("", "alice"));
  EXPECT_FALSE(PrincipalKey("https://auth", "").ok());
  EXPECT_FALSE(PrincipalKey("https://auth", "a\nb").ok());
  EXPECT_FALSE(PrincipalKey("a\n", "b").ok());
  EXPECT_FALSE(PrincipalKey("a", "\xff").ok());
  EXPECT_FALSE(PrincipalKey("a", std::string(513, 'a')).ok());
}

TEST(BlockTest, KeysComeBackFromTheirTexts) {
  for (const BlockKey& key : {*PeerKey("spiffe://shop.example/orders"), *AddressKey("10.0.0.0/8"),
                              *PrincipalKey("https://auth", "alice"), *PrincipalKey("", "shop")}) {
    EXPECT_EQ(*DecodeBlockKey(EncodeBlockKey(key)), key);
  }
  for (const char* text : {"", "address", "address\n", "peer\nx", "thing\nx", "principal\na\n"}) {
    EXPECT_FALSE(DecodeBlockKey(text).ok()) << text;
  }
}

TEST(BlockProtoTest, AFileComesBackAsItWas) {
  const std::vector<Block> blocks = {
      {.key = *AddressKey("203.0.113.0/24"),
       .until = kNow + absl::Hours(1),
       .made_at = kNow,
       .reason = "scans: \"all\" \\ day",
       .by = "ops"},
      {.key = *PeerKey("spiffe://shop.example/orders"), .made_at = kNow},
      {.key = *PrincipalKey("https://auth", "alice"), .made_at = kNow},
      {.key = *PrincipalKey("", "shop"), .made_at = kNow},
  };
  const auto read = ParseBlocks(FormatBlocks(blocks), "b.yaml", 10, absl::InfiniteFuture());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, blocks);
  EXPECT_TRUE(ParseBlocks(FormatBlocks({}), "b.yaml", 10, kNow)->empty());
}

TEST(BlockProtoTest, EveryProblemIsNamedWithItsLine) {
  const auto read = ParseBlocks(R"(blocks:
  - address: 10.0.0.1/8
  - peer: orders
  - reason: nobody
  - principal: {subject: ""}
  - address: 10.0.0.0/8
    by: "a\tb"
)",
                                "b.yaml", 10, kNow);
  ASSERT_FALSE(read.ok());
  const std::string text(read.status().message());
  for (const char* line : {"b.yaml:2", "b.yaml:3", "b.yaml:4", "b.yaml:5", "b.yaml:6"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_FALSE(ParseBlocks("blocks:\n  - adress: 10.0.0.0/8\n", "b.yaml", 10, kNow).ok());
  const auto many =
      ParseBlocks("blocks:\n  - address: 10.0.0.1\n  - address: 10.0.0.2\n", "b.yaml", 1, kNow);
  EXPECT_THAT(std::string(many.status().message()), HasSubstr("abuse.max_entries is 1"));
}

TEST(BlockProtoTest, TimesThatAreNoneAreRefused) {
  v1::Block message;
  message.set_address("10.0.0.0/8");
  message.mutable_until()->set_seconds(int64_t{1} << 62);
  EXPECT_FALSE(BlockFromProto(message, kNow).ok());
  message.mutable_until()->set_seconds(2'000'000'000);
  EXPECT_TRUE(BlockFromProto(message, kNow).ok());
}

}  // namespace
}  // namespace warden
