#include "interceptors/observe/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

TEST(ListenAddress, LoopbackIsKnownByItsNumber) {
  for (const char* address : {"127.0.0.1:0", "127.9.8.7:1", "localhost:65535", "[::1]:9464"}) {
    const absl::StatusOr<ListenAddress> parsed = ParseListenAddress("admin", address);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_TRUE(parsed->loopback) << address;
  }
  for (const char* address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1"}) {
    const absl::StatusOr<ListenAddress> parsed = ParseListenAddress("admin", address);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_FALSE(parsed->loopback) << address;
  }
}

TEST(ListenAddress, NothingIsGuessedOrLookedUp) {
  for (const char* address :
       {"", ":", ":1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.1:1",
        "127.0.0.1:1 ", " 127.0.0.1:1", "::1:1", "[127.0.0.1]:1", "[::1]", "[]:1", "LOCALHOST:1",
        "admin.example:1", "127.0.0.1:+1", "0x7f.0.0.1:1"}) {
    const absl::StatusOr<ListenAddress> parsed = ParseListenAddress("admin", address);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(std::string(parsed.status().message()), ::testing::StartsWith("admin \""));
  }
}

TEST(ListenAddress, IpAddresses) {
  EXPECT_TRUE(IsIpAddress("127.0.0.1"));
  EXPECT_TRUE(IsIpAddress("[::1]"));
  EXPECT_FALSE(IsIpAddress("localhost"));
  EXPECT_FALSE(IsIpAddress("evil.example"));
  EXPECT_FALSE(IsIpAddress(""));
}

}  // namespace
}  // namespace warden
