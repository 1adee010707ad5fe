#include "interceptors/abuse/block_list.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);
const absl::Time kSoon = kNow + absl::Minutes(1);
const absl::Time kLater = kNow + absl::Hours(1);

Block Of(const absl::StatusOr<BlockKey>& key, absl::Time until = kLater) {
  return {.key = *key, .until = until, .made_at = kNow};
}
IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

class BlockListTest : public ::testing::Test {
 protected:
  void Add(const Block& block, BlockSource source = BlockSource::kLocal) {
    ASSERT_TRUE(list_.Add(source, block).ok());
  }
  bool Blocks(const char* address, absl::Time now = kNow) const {
    return list_.FindAddress(Ip(address), now).has_value();
  }
  BlockList list_{100};
};

TEST_F(BlockListTest, RangesHoldWhatIsInThem) {
  EXPECT_FALSE(list_.any(BlockKind::kAddress));
  Add(Of(AddressKey("10.1.0.0/16")));
  Add(Of(AddressKey("203.0.113.7")));
  Add(Of(AddressKey("2001:db8::1")));
  Add(Of(AddressKey("2001:db8:ff00::/40")));
  EXPECT_TRUE(list_.any(BlockKind::kAddress));
  for (const char* address : {"10.1.0.0", "10.1.255.255", "203.0.113.7", "2001:db8::ffff:1",
                              "2001:db8:ffff:1::1", "::ffff:10.1.2.3"}) {
    EXPECT_TRUE(Blocks(address)) << address;
  }
  for (const char* address : {"10.0.255.255", "10.2.0.0", "203.0.113.6", "203.0.113.8",
                              "2001:db8:0:1::1", "2001:db9::1", "::1"}) {
    EXPECT_FALSE(Blocks(address)) << address;
  }
}

TEST_F(BlockListTest, FamiliesAreApart) {
  Add(Of(AddressKey("0.0.0.0/0")));
  EXPECT_TRUE(Blocks("1.2.3.4"));
  EXPECT_FALSE(Blocks("::"));
  EXPECT_FALSE(Blocks("102:304::"));
}

TEST_F(BlockListTest, EndsOnTheMoment) {
  Add(Of(PeerKey("spiffe://a.example/x"), kSoon));
  const auto find = [&](absl::Time now) {
    return list_.Find(BlockKind::kPeer, "spiffe://a.example/x", now);
  };
  EXPECT_EQ(find(kNow), kSoon);
  EXPECT_TRUE(find(kSoon - absl::Nanoseconds(1)).has_value());
  EXPECT_FALSE(find(kSoon).has_value());
  EXPECT_EQ(list_.DropExpired(kSoon - absl::Nanoseconds(1)), 0);
  EXPECT_EQ(list_.DropExpired(kSoon), 1);
  EXPECT_FALSE(list_.any(BlockKind::kPeer));
}

TEST_F(BlockListTest, WhatLastsLongerCounts) {
  const BlockKey key = *PrincipalKey("https://auth", "alice");
  Add(Of(key, kLater));
  Add(Of(key, kSoon));
  EXPECT_EQ(list_.Find(key.kind, key.value, kNow), kLater);
  Add(Of(key, absl::InfiniteFuture()), BlockSource::kShared);
  EXPECT_EQ(list_.Find(key.kind, key.value, kNow), absl::InfiniteFuture());
  EXPECT_TRUE(list_.Remove(BlockSource::kShared, key));
  EXPECT_EQ(list_.Find(key.kind, key.value, kNow), kLater);
  EXPECT_TRUE(list_.Remove(BlockSource::kLocal, key));
  EXPECT_FALSE(list_.Remove(BlockSource::kLocal, key));
  EXPECT_FALSE(list_.Find(key.kind, key.value, kNow).has_value());
}

TEST_F(BlockListTest, TheWidestRangeThatHoldsCountsAsLongAsItDoes) {
  Add(Of(AddressKey("10.0.0.0/8"), kSoon));
  Add(Of(AddressKey("10.0.0.7"), kLater));
  EXPECT_EQ(list_.FindAddress(Ip("10.0.0.7"), kNow), kLater);
  EXPECT_EQ(list_.FindAddress(Ip("10.0.0.8"), kNow), kSoon);
  EXPECT_EQ(list_.FindAddress(Ip("10.0.0.7"), kSoon), kLater);
  EXPECT_FALSE(Blocks("10.0.0.8", kSoon));
}

TEST_F(BlockListTest, AFileIsReplacedWhole) {
  ASSERT_TRUE(
      list_.Replace(BlockSource::kFile, {Of(AddressKey("10.0.0.1")), Of(AddressKey("10.0.0.2"))})
          .ok());
  Add(Of(AddressKey("10.0.0.1")));
  ASSERT_TRUE(list_.Replace(BlockSource::kFile, {Of(AddressKey("10.0.0.3"))}).ok());
  EXPECT_TRUE(Blocks("10.0.0.1"));  // by another source
  EXPECT_FALSE(Blocks("10.0.0.2"));
  EXPECT_TRUE(Blocks("10.0.0.3"));
  EXPECT_EQ(list_.count(BlockSource::kFile, BlockKind::kAddress), 1);
  std::vector<Block> many(101, Of(AddressKey("10.0.0.4")));
  EXPECT_TRUE(absl::IsResourceExhausted(list_.Replace(BlockSource::kFile, many)));
  EXPECT_TRUE(Blocks("10.0.0.3"));
}

TEST_F(BlockListTest, IsBoundedAndListedInPages) {
  for (int i = 0; i < 100; ++i) Add(Of(AddressKey(absl::StrCat("10.0.0.", i))));
  EXPECT_TRUE(
      absl::IsResourceExhausted(list_.Add(BlockSource::kLocal, Of(AddressKey("10.0.1.0")))));
  EXPECT_TRUE(list_.Add(BlockSource::kLocal, Of(AddressKey("10.0.0.5"))).ok());
  std::set<std::string> seen;
  std::string after;
  do {
    const BlockPage page = list_.List(BlockSource::kLocal, after, 7);
    EXPECT_LE(page.blocks.size(), 7);
    for (const Block& block : page.blocks) EXPECT_TRUE(seen.insert(block.key.value).second);
    after = page.next;
  } while (!after.empty());
  EXPECT_EQ(seen.size(), 100);
}

}  // namespace
}  // namespace warden
