#include "authz/identity/name_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace warden {
namespace {

bool SpiffeMatches(const char* pattern, const std::string& id) {
  const auto parsed = SpiffePattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Matches(id);
}

bool DnsMatches(const char* pattern, const std::string& name) {
  const auto parsed = DnsPattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Matches(name);
}

TEST(SpiffePatternTest, ALiteralMatchesItselfAlone) {
  EXPECT_TRUE(SpiffeMatches("spiffe://a.example/b/c", "spiffe://a.example/b/c"));
  for (const char* other :
       {"", "spiffe://a.example/b", "spiffe://a.example/b/c/d", "spiffe://a.example/b/C",
        "spiffe://a.example/b/cc", "spiffe://a.example.evil/b/c", "spiffe://a.exampl/b/c",
        "spiffe://evil/a.example/b/c", "https://a.example/b/c", "spiffe://a.example"}) {
    EXPECT_FALSE(SpiffeMatches("spiffe://a.example/b/c", other)) << other;
  }
}

TEST(SpiffePatternTest, AStarIsOneWholeSegment) {
  const char* pattern = "spiffe://a/ns/*/sa/orders";
  EXPECT_TRUE(SpiffeMatches(pattern, "spiffe://a/ns/prod/sa/orders"));
  EXPECT_TRUE(SpiffeMatches("spiffe://a/*", "spiffe://a/x"));
  for (const char* other :
       {"spiffe://a/ns/prod/x/sa/orders", "spiffe://a/ns/sa/orders", "spiffe://a/ns//sa/orders",
        "spiffe://a/ns/prod/sa/orders/x", "spiffe://b/ns/prod/sa/orders"}) {
    EXPECT_FALSE(SpiffeMatches(pattern, other)) << other;
  }
  EXPECT_FALSE(SpiffeMatches("spiffe://a/*", "spiffe://a"));
  EXPECT_FALSE(SpiffeMatches("spiffe://a/*", "spiffe://a/x/y"));
}

TEST(SpiffePatternTest, TwoStarsAreOneSegmentOrMore) {
  EXPECT_TRUE(SpiffeMatches("spiffe://a/**", "spiffe://a/x"));
  EXPECT_TRUE(SpiffeMatches("spiffe://a/**", "spiffe://a/x/y/z"));
  EXPECT_TRUE(SpiffeMatches("spiffe://a/x/**", "spiffe://a/x/y"));
  EXPECT_TRUE(SpiffeMatches("spiffe://a/*/**", "spiffe://a/x/y"));
  for (const char* other : {"spiffe://a", "spiffe://a/", "spiffe://ab/x"}) {
    EXPECT_FALSE(SpiffeMatches("spiffe://a/**", other)) << other;
  }
  for (const char* other : {"spiffe://a/x", "spiffe://a/xy/z", "spiffe://a/x/"}) {
    EXPECT_FALSE(SpiffeMatches("spiffe://a/x/**", other)) << other;
  }
  EXPECT_FALSE(SpiffeMatches("spiffe://a/*/**", "spiffe://a/x"));
}

TEST(SpiffePatternTest, WhatCouldNeverMatchIsAnError) {
  for (const char* bad : {"",
                          "*",
                          "spiffe://",
                          "spiffe://a",
                          "spiffe://a/",
                          "spiffe:///x",
                          "spiffe://*/x",
                          "spiffe://*.a/x",
                          "spiffe://A/x",
                          "spiffe://a//x",
                          "spiffe://a/x/",
                          "spiffe://a/../x",
                          "spiffe://a/x*",
                          "spiffe://a/**/x",
                          "spiffe://a/***",
                          "spiffe://a/x y",
                          "a/x",
                          "https://a/x",
                          "SPIFFE://a/x",
                          "spiffe://a/%41"}) {
    EXPECT_FALSE(SpiffePattern::Parse(bad).ok()) << bad;
  }
  EXPECT_FALSE(SpiffePattern::Parse("spiffe://a/" + std::string(2048, 'x')).ok());
}

TEST(DnsPatternTest, CaseIsNoDifference) {
  EXPECT_TRUE(DnsMatches("Orders.shop.example", "orders.SHOP.example"));
  for (const char* other : {"", "shop.example", "x.orders.shop.example", "orders.shop.example.",
                            "orders.shop.examplex", "ordersXshop.example"}) {
    EXPECT_FALSE(DnsMatches("orders.shop.example", other)) << other;
  }
}

TEST(DnsPatternTest, AWildcardIsOneLabel) {
  EXPECT_TRUE(DnsMatches("*.shop.example", "orders.shop.example"));
  for (const char* other : {"shop.example", ".shop.example", "a.b.shop.example", "xshop.example",
                            "orders.shop.example.evil", "*.shop.example", "a*.shop.example"}) {
    EXPECT_FALSE(DnsMatches("*.shop.example", other)) << other;
  }
}

TEST(DnsPatternTest, WhatIsNoHostNameIsAnError) {
  for (const char* bad : {"", "*", "*.", "a..b", ".a", "a.", "a.*.b", "a*.b", "**.b", "*.*.b",
                          "a b", "a/b", "\xc3\xb6.example"}) {
    EXPECT_FALSE(DnsPattern::Parse(bad).ok()) << bad;
  }
  EXPECT_FALSE(DnsPattern::Parse(std::string(64, 'a') + ".example").ok());
  EXPECT_FALSE(DnsPattern::Parse(std::string(254, 'a')).ok());
}

}  // namespace
}  // namespace warden
