// Near-misses of hostnames, addresses, prefixes and ports.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

using std::string;

void Expect(bool (*is)(std::string_view), const std::vector<string>& yes,
            const std::vector<string>& no) {
  for (const string& value : yes) EXPECT_TRUE(is(value)) << value;
  for (const string& value : no) EXPECT_FALSE(is(value)) << value;
}

TEST(HostnameTest, NearMisses) {
  const string label63(63, 'a');
  const string longest =
      label63 + "." + label63 + "." + label63 + "." + string(61, 'b');  // 253 characters
  Expect(IsHostname,
         {"a", "example.com", "example.com.", "A-b.c9", "1a", "1.2.3.x", "xn--bcher-kva.example",
          label63, longest, longest + ".", "0.a"},
         {"",
          ".",
          "..",
          ".a",
          "a..b",
          "-a",
          "a-",
          "a.-b",
          "a_b",
          "a b",
          "127.0.0.1",
          "1",
          "a.1",
          "a.1.",
          label63 + "a",
          longest + "c",
          "a.b\n",
          "b\xc3\xbc"
          "cher",
          "a/b",
          "a:80",
          string("a\0b", 3)});
}

TEST(Ipv4Test, NearMisses) {
  Expect(IsIpv4, {"0.0.0.0", "255.255.255.255", "192.0.2.7", "1.2.3.4"},
         {"",          "1.2.3",      "1.2.3.",    "1.2.3.4.", "1.2.3.4.5", ".1.2.3",
          "1..2.3",    "256.0.0.1",  "0.0.0.256", "01.2.3.4", "0.00.0.0",  "1.2.3.04",
          "1.2.3.4 ",  " 1.2.3.4",   "1.2.3.+4",  "1.2.3.-4", "0x1.2.3.4", "1.2.3.4/8",
          "1e1.2.3.4", "1.2.3.1000", "a.b.c.d",   "1,2,3,4",  "1.2.3.4%1", "1.2.3.4\n"});
}

TEST(Ipv6Test, NearMisses) {
  Expect(IsIpv6,
         {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "2001:0DB8:ABCD:0012::0",
          "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8", "::ffff:192.0.2.7", "1:2:3:4:5:6:192.0.2.7",
          "64:ff9b::1.2.3.4", "::1.2.3.4", "fe80::a%en1", "fe80::a%25", "::1%%", "::1%\xc3\xa9",
          "1:2:3::4.5.6.7", "0:0:0:0:0:0:255.255.255.255"},
         {"",
          ":",
          ":::",
          "1",
          "1:",
          ":1",
          "1:2:3:4:5:6:7",
          "1:2:3:4:5:6:7:8:9",
          "1:2:3:4:5:6:7:8::",
          "::1:2:3:4:5:6:7:8",
          "1::2::3",
          "12345::",
          "g::",
          "1:::2",
          "1.2.3.4",
          "1.2.3.4::",
          "::1.2.3",
          "::1.2.3.256",
          "::01.2.3.4",
          "1:2:3:4:5:6:7:1.2.3.4",
          "::1.2.3.4:5",
          "[::1]",
          "::1/64",
          "::1%",
          string("::1%\0", 5),
          " ::1",
          "::1 ",
          "0x1::",
          "::-1",
          "1:2:3:4:5:6:7:",
          ":2:3:4:5:6:7:8"});
}

TEST(IpTest, IsEither) {
  Expect(IsIp, {"1.2.3.4", "::1"}, {"", "1.2.3", "example.com", "1.2.3.4:80", "[::1]"});
  Expect(IsAddress, {"1.2.3.4", "::1", "example.com"}, {"", "1.2.3", "a_b", "256.1.1.1", "a:1"});
}

bool Any(std::string_view v) { return IsIpPrefix(v, IpVersion::kAny, false); }
bool Any4(std::string_view v) { return IsIpPrefix(v, IpVersion::k4, false); }
bool Any6(std::string_view v) { return IsIpPrefix(v, IpVersion::k6, false); }
bool Network(std::string_view v) { return IsIpPrefix(v, IpVersion::kAny, true); }

TEST(IpPrefixTest, NearMisses) {
  Expect(Any, {"1.2.3.4/0", "1.2.3.4/32", "::1/128", "2001:db8::f1/64", "::/0"},
         {"", "/", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/08", "1.2.3.4/-1", "1.2.3.4/+8",
          "1.2.3.4/8 ", "1.2.3.4/8/8", "::1/129", "::1/064", "::1%en1/64", "::1/64%en1", "/8",
          "example.com/8", "1.2.3.4/100000", "1.2.3.4/ 8"});
  Expect(Any4, {"1.2.3.4/8"}, {"::1/8"});
  Expect(Any6, {"::1/8"}, {"1.2.3.4/8"});
  Expect(Network,
         {"10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "192.0.2.128/25", "::/0", "::1/128",
          "2001:db8::/32", "fe80::/10", "2001:db8:8000::/33"},
         {"10.0.0.1/8", "0.0.0.1/0", "192.0.2.64/25", "::1/127", "2001:db8:8000::/32", "fe90::/9",
          "128.0.0.0/0"});
}

TEST(HostAndPortTest, NearMisses) {
  Expect([](std::string_view value) { return IsHostAndPort(value, true); },
         {"example.com:443", "a:0", "192.0.2.7:65535", "[::1]:80", "[2001:db8::f1%en1]:1"},
         {"",
          ":",
          "example.com",
          "example.com:",
          ":80",
          "example.com:65536",
          "example.com:080",
          "example.com:+80",
          "example.com:80 ",
          "::1:80",
          "[::1]",
          "[::1]80",
          "[::1]:",
          "[::1:80",
          "::1]:80",
          "[]:80",
          "[1.2.3.4]:80",
          "[example.com]:80",
          "256.1.1.1:80",
          "a_b:80",
          "a:80:80",
          "example.com:100000",
          "http://a:80",
          "a:8\n"});
}

}  // namespace
}  // namespace warden::rules
