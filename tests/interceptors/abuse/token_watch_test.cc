#include "interceptors/anomalies/token_watch.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr int64_t kWindow = 300'000'000'000;
constexpr int64_t kStart = 1'000'000'000'000;

TEST(TokenWatchTest, FindsTheSecondPeer) {
  TokenWatch watch(kWindow);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch.UsedByOther("iss", "t1", "a", kStart));
  EXPECT_FALSE(watch.UsedByOther("iss", "t2", "b", kStart));
  EXPECT_FALSE(watch.UsedByOther("other", "t1", "b", kStart));
  EXPECT_TRUE(watch.UsedByOther("iss", "t1", "b", kStart));
  // Once in a window, and the first to use it is not the other.
  EXPECT_FALSE(watch.UsedByOther("iss", "t1", "b", kStart + kWindow - 1));
  EXPECT_FALSE(watch.UsedByOther("iss", "t1", "a", kStart + kWindow));
  EXPECT_TRUE(watch.UsedByOther("iss", "t1", "c", kStart + kWindow));
}

TEST(TokenWatchTest, TheTokensUsedLastAreRemembered) {
  TokenWatch watch(kWindow);
  EXPECT_FALSE(watch.UsedByOther("iss", "in use", "a", kStart));
  for (int i = 0; i < 500'000; ++i) {
    watch.UsedByOther("iss", absl::StrCat("t", i), "a", kStart + i);
    // What is used goes on to be remembered.
    if (i % 1000 != 0) continue;
    EXPECT_FALSE(watch.UsedByOther("iss", "in use", "a", kStart + i));
  }
  EXPECT_TRUE(watch.UsedByOther("iss", "in use", "b", kStart + 500'000));
  EXPECT_FALSE(watch.UsedByOther("iss", "t0", "b", kStart + 500'000));  // forgotten
}

}  // namespace
}  // namespace warden
