#include "interceptors/address.h"

#include <gtest/gtest.h>

#include <string>

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

std::string HostOf(std::string_view address) {
  AddressBuffer buffer;
  return std::string(warden::HostOf(address, &buffer));
}

TEST(AddressTest, CountsAnIpv6NetworkAsOneHost) {
  EXPECT_EQ(HostOf("2001:db8:1:2::1"), HostOf("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(HostOf("2001:db8:1:2::1"), HostOf("2001:db8:1:3::1"));
  EXPECT_EQ(HostOf("fe80::1%eth0"), HostOf("fe80::2"));
}

TEST(AddressTest, CountsEachIpv4AddressAlsoWhenMapped) {
  EXPECT_EQ(HostOf("10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(HostOf("::ffff:10.0.0.7"), "10.0.0.7");
  EXPECT_NE(HostOf("::ffff:10.0.0.7"), HostOf("::ffff:10.0.0.8"));
}

TEST(AddressTest, LeavesWhatIsNoAddressAlone) {
  for (const std::string odd : {"", "unix:/run/app.sock", ":", "2001:db8::zz"}) {
    EXPECT_EQ(HostOf(odd), odd);
  }
  const std::string longer(200, ':');
  EXPECT_EQ(HostOf(longer), longer);
}

TEST(AddressTest, StaysInsideOddText) {
  for (const char* odd : {"", "ipv4:", "ipv6:", "ipv6:[", "ipv6:%5B", "ipv4::", "x"}) {
    EXPECT_LE(AddressOf(odd).size(), std::string_view(odd).size()) << odd;
  }
}

std::string Network(std::string_view address, uint32_t v4, uint32_t v6) {
  AddressBuffer buffer;
  return std::string(NetworkOf(address, v4, v6, &buffer));
}

TEST(AddressTest, NetworksAreCutToTheirBits) {
  EXPECT_EQ(Network("10.1.2.3", 32, 128), std::string("\x0a\x01\x02\x03", 4));
  EXPECT_EQ(Network("10.1.2.3", 24, 128), Network("10.1.2.200", 24, 128));
  EXPECT_NE(Network("10.1.2.3", 25, 128), Network("10.1.2.200", 25, 128));
  EXPECT_EQ(Network("10.1.2.200", 25, 128), std::string("\x0a\x01\x02\x80", 4));
  EXPECT_EQ(Network("10.1.2.3", 1, 128), Network("127.0.0.1", 1, 128));
  EXPECT_NE(Network("10.1.2.3", 1, 128), Network("192.0.0.1", 1, 128));
  EXPECT_EQ(Network("2001:db8:1:2::1", 32, 48), Network("2001:db8:1:ff::2", 32, 48));
  EXPECT_NE(Network("2001:db8:1:2::1", 32, 64), Network("2001:db8:1:ff::2", 32, 64));
  EXPECT_NE(Network("2001:db8::1", 32, 128), Network("2001:db8::2", 32, 128));
  EXPECT_EQ(Network("fe80::1%eth0", 32, 128), Network("fe80::1", 32, 128));
  EXPECT_EQ(Network("::ffff:10.1.2.3", 24, 64), Network("10.1.2.9", 24, 64))
      << "an IPv4 address counts as one, however it comes";
  EXPECT_EQ(Network("unix:/run/app.sock", 8, 8), "unix:/run/app.sock");
}

}  // namespace
}  // namespace warden
