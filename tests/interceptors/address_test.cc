#include "interceptors/address.h"

#include <gtest/gtest.h>

namespace warden {
namespace {

TEST(AddressTest, TakesTheHostOfEveryFormOfPeer) {
  EXPECT_EQ(AddressOf("ipv4:10.0.0.7:41002"), "10.0.0.7");
  EXPECT_EQ(AddressOf("ipv6:%5B2001:db8::1%5D:41002"), "2001:db8::1");
  EXPECT_EQ(AddressOf("ipv6:[::1]:41002"), "::1");
  EXPECT_EQ(AddressOf("unix:/run/app.sock"), "unix:/run/app.sock");
  EXPECT_EQ(AddressOf("unix:"), "unix:");
}

TEST(AddressTest, GivesTwoPortsOfAHostTheSameAddress) {
  EXPECT_EQ(AddressOf("ipv4:10.0.0.7:1"), AddressOf("ipv4:10.0.0.7:2"));
  EXPECT_NE(AddressOf("ipv4:10.0.0.7:1"), AddressOf("ipv4:10.0.0.71:1"));
}

TEST(AddressTest, StaysInsideOddText) {
  for (const char* odd : {"", "ipv4:", "ipv6:", "ipv6:[", "ipv6:%5B", "ipv4::", "x"}) {
    EXPECT_LE(AddressOf(odd).size(), std::string_view(odd).size()) << odd;
  }
}

}  // namespace
}  // namespace warden
