#include "authz/identity/address_set.h"

#include <gtest/gtest.h>

#include <string>

namespace warden {
namespace {

bool Contains(const char* range, const std::string& address) {
  AddressSet set;
  const absl::Status added = set.Add(range);
  EXPECT_TRUE(added.ok()) << range << ": " << added;
  const auto parsed = IpAddress::Parse(address);
  EXPECT_TRUE(parsed.has_value()) << address;
  return parsed.has_value() && set.Contains(*parsed);
}

TEST(AddressSetTest, BoundsOfRangesAreInside) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.0.0.0"));
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "9.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(Contains("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(Contains("10.0.0.7", "10.0.0.7"));
  EXPECT_FALSE(Contains("10.0.0.7", "10.0.0.6"));
  EXPECT_FALSE(Contains("10.0.0.6/31", "10.0.0.8"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(Contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains("2001:db8::/33", "2001:db8:8000::"));
  EXPECT_TRUE(Contains("::1", "::1"));
  EXPECT_FALSE(Contains("::1", "::2"));
  EXPECT_TRUE(Contains("fe80::/10", "fe80::1%eth0"));
}

TEST(AddressSetTest, AMappedAddressIsTheIpv4One) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(Contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(Contains("::ffff:10.0.0.0/104", "11.0.0.0"));
}

TEST(AddressSetTest, FamiliesAreApart) {
  EXPECT_FALSE(Contains("::/0", "10.0.0.1"));
  EXPECT_FALSE(Contains("::/0", "::ffff:10.0.0.1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::10.0.0.1"));  // the old compatible form is IPv6
}

TEST(AddressSetTest, WhatIsNoRangeIsAnError) {
  for (const char* bad : {"",
                          "/",
                          "/8",
                          "10.0.0.0/",
                          "10.0.0.0/33",
                          "10.0.0.0/-1",
                          "10.0.0.0/+8",
                          "10.0.0.0/08",
                          "10.0.0.0/8 ",
                          " 10.0.0.0/8",
                          "10.0.0.0/ 8",
                          "10.0.0.0/8/8",
                          "10.0.0/8",
                          "10.1.2.3.4",
                          "010.0.0.1",
                          "256.0.0.1",
                          "10.0.0.1/8",
                          "2001:db8::1/32",
                          "::/129",
                          "localhost",
                          "0x0a000000",
                          "::g",
                          "1:2",
                          "10.0.0.0/1e1",
                          "fe80::%eth0/10"}) {
    AddressSet set;
    EXPECT_FALSE(set.Add(bad).ok()) << bad;
    EXPECT_TRUE(set.empty());
  }
  AddressSet set;
  EXPECT_FALSE(set.Add(std::string("10.0.0.1\0", 9)).ok());
}

TEST(IpAddressTest, OtherTextIsNoAddress) {
  for (const char* bad : {"", "unix:/run/app.sock", "10.0.0.1:80", "[::1]", "10.0.0", "%eth0"}) {
    EXPECT_FALSE(IpAddress::Parse(bad).has_value()) << bad;
  }
}

TEST(AddressSetTest, AnEmptySetHasNobody) {
  EXPECT_FALSE(AddressSet().Contains(*IpAddress::Parse("10.0.0.1")));
}

}  // namespace
}  // namespace warden
