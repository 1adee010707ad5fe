#include "authz/policy/names.h"

#include <gtest/gtest.h>

#include "authz/policy/bit_set.h"

namespace warden {
namespace {

TEST(Names, GoodOnes) {
  for (const std::string name : {"a", "0", "orders.read", "order-admin", "a_b", "a--b",
                                 "s3:get-object", "shop/orders/read", "a.b.c-d_e:f", "9lives"}) {
    EXPECT_TRUE(IsValidName(name)) << name;
  }
  EXPECT_TRUE(IsValidName(std::string(128, 'a')));
}

TEST(Names, NearMisses) {
  for (const std::string name :
       {"",         ".",   "-",    "a.",  ".a",  "a..b",         "a.-b",        "a-.b",
        "-a",       "a-",  "_a",   "a_",  "a:",  "a:/b",         "Orders.read", "orders.Read",
        "orders.*", "*",   "a b",  " a",  "a ",  "a\n",          "\xc3\xa9",    "a,b",
        "a|b",      "a=b", "a\\b", "a\"", "(a)", "orders.read\t"}) {
    EXPECT_FALSE(IsValidName(name)) << name;
  }
  EXPECT_FALSE(IsValidName(std::string(129, 'a')));
  EXPECT_FALSE(IsValidName(std::string("a\0b", 3)));
}

TEST(Wildcards, GoodOnesAndNearMisses) {
  for (const std::string good : {"*", "a.*", "a:*", "a/*", "orders.items.*", "s3:get/*"}) {
    EXPECT_TRUE(IsValidWildcard(good)) << good;
  }
  for (const std::string bad : {"", "a", "a*", "**", "a.**", "*.a", "a.*.b", ".*", "a..*", "a-*",
                                "A.*", "a. *", "a.* ", "*a", "a.*a"}) {
    EXPECT_FALSE(IsValidWildcard(bad)) << bad;
  }
  EXPECT_TRUE(IsValidWildcard(std::string(128, 'a') + ".*"));
  EXPECT_FALSE(IsValidWildcard(std::string(129, 'a') + ".*"));
}

TEST(Wildcards, StandForWhatBeginsSo) {
  EXPECT_TRUE(Covers("orders.*", "orders.read"));
  EXPECT_TRUE(Covers("orders.*", "orders.items.read"));
  EXPECT_TRUE(Covers("*", "x"));
  EXPECT_TRUE(Covers("x", "x"));
  for (const std::string other : {"orders", "orders-x.read", "order.read", "x.orders.read"}) {
    EXPECT_FALSE(Covers("orders.*", other)) << other;
  }
  EXPECT_FALSE(Covers("x", "xx"));
}

TEST(NameTable, FindsTheWildcardsThatCoverAName) {
  const NameTable table({"*", "a.*", "a.b.*", "a.b:*", "a.b", "b.*", "a.c.*"});
  const auto covering = [&](std::string_view name) {
    std::vector<std::string> found;
    table.ForEachCovering(name, [&](uint32_t id) { found.push_back(table.name(id)); });
    return found;
  };
  EXPECT_EQ(covering("a.b.c"), (std::vector<std::string>{"*", "a.*", "a.b.*"}));
  EXPECT_EQ(covering("a.b:c.d"), (std::vector<std::string>{"*", "a.*", "a.b:*"}));
  EXPECT_EQ(covering("a.b"), (std::vector<std::string>{"*", "a.*"}));
  EXPECT_EQ(covering("c"), (std::vector<std::string>{"*"}));
  EXPECT_EQ(covering("a.*"), (std::vector<std::string>{}));
  EXPECT_EQ(covering(""), (std::vector<std::string>{}));
  EXPECT_EQ(covering(std::string(127, 'z')), (std::vector<std::string>{"*"}));
  EXPECT_EQ(covering(std::string(400, 'z')), (std::vector<std::string>{}));
}

TEST(NameTable, GivesEachNameOneNumberInOrder) {
  const NameTable table({"c", "a", "b", "a"});
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(table.Find("a"), 0u);
  EXPECT_EQ(table.Find("c"), 2u);
  EXPECT_EQ(table.name(1), "b");
  for (const std::string absent : {"", "aa", "d", "A"})
    EXPECT_FALSE(table.Find(absent).has_value());
  EXPECT_FALSE(NameTable({}).Find("a").has_value());
}

TEST(BitSet, HoldsWhatWasAdded) {
  BitSet set;
  for (const size_t member : {0U, 63U, 64U, 300U, 1000U}) set.Add(member);
  std::vector<size_t> members;
  set.ForEach([&](size_t member) { members.push_back(member); });
  EXPECT_EQ(members, (std::vector<size_t>{0, 63, 64, 300, 1000}));
  EXPECT_TRUE(set.Has(300));
  EXPECT_FALSE(set.Has(301));
  EXPECT_FALSE(set.Has(1'000'000));
}

TEST(BitSet, ComparesSetsOfDifferentWidths) {
  BitSet small;
  small.Add(3);
  BitSet large(1000);
  large.Add(3);
  EXPECT_TRUE(small.HasAll(large));
  EXPECT_TRUE(large.HasAll(small));
  large.Add(999);
  EXPECT_FALSE(small.HasAll(large));
  EXPECT_TRUE(large.HasAll(small));
  EXPECT_TRUE(small.HasAny(large));
  BitSet other;
  other.Add(999);
  EXPECT_FALSE(small.HasAny(other));
  EXPECT_TRUE(large.HasAny(other));
  EXPECT_TRUE(small.HasAll(BitSet()));
  EXPECT_FALSE(small.HasAny(BitSet()));
  small.AddAll(other);
  EXPECT_TRUE(small.Has(999));
  small.KeepOnly(other);
  EXPECT_FALSE(small.Has(3));
  EXPECT_TRUE(small.Has(999));
  small.KeepOnly(BitSet());
  EXPECT_FALSE(small.Has(999));
}

}  // namespace
}  // namespace warden
