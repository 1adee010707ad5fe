#include "interceptors/anomalies/peer_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr int64_t kWindow = 300'000'000'000;
constexpr int64_t kStart = 1'000'000'000'000;

TEST(PeerWatchTest, ManySubjectsAreFoundOnceInAWindow) {
  PeerWatch watch({.window_ns = kWindow, .subjects = 3});
  int found = 0;
  for (int i = 0; i < 10; ++i) {
    const std::string subject = absl::StrCat("s", i);
    found += watch.Refused("a", {.subject = subject}, kStart).subjects;
    EXPECT_EQ(found, i < 2 ? 0 : 1);
  }
  for (int i = 0; i < 10; ++i) {
    found += watch.Refused("a", {.subject = absl::StrCat("s", i)}, kStart + kWindow).subjects;
  }
  EXPECT_EQ(found, 2);
}

TEST(PeerWatchTest, TheSameAgainIsNotAnother) {
  PeerWatch watch({.window_ns = kWindow, .subjects = 2, .methods = 2});
  for (int i = 0; i < 100; ++i) {
    const PeerFindings found = watch.Refused("a", {.subject = "s", .method = "m"}, kStart);
    EXPECT_FALSE(found.subjects || found.methods);
  }
  EXPECT_FALSE(watch.Refused("b", {.subject = "t", .method = "n"}, kStart).methods);
  const PeerFindings found = watch.Refused("a", {.subject = "t", .method = "n"}, kStart);
  EXPECT_TRUE(found.subjects && found.methods);
}

TEST(PeerWatchTest, WindowsDoNotAddUp) {
  PeerWatch watch({.window_ns = kWindow, .methods = 3});
  for (int i = 0; i < 20; ++i) {
    const std::string method = absl::StrCat("m", i);
    EXPECT_FALSE(watch.Refused("a", {.method = method}, kStart + i / 2 * kWindow).methods);
  }
}

TEST(PeerWatchTest, RefusalsAreMeasuredByThePeersOwnHistory) {
  PeerWatch watch({.window_ns = kWindow, .refusals_factor = 5});
  int64_t now = kStart;
  const auto refuse = [&](const char* peer, int times) {
    int found = 0;
    for (int i = 0; i < times; ++i) found += watch.Refused(peer, {}, now).refusals;
    return found;
  };
  // A new peer has no history, and a quiet one may have some.
  EXPECT_EQ(refuse("noisy", 1000), 0);
  for (int window = 0; window < 10; ++window) {
    now += kWindow;
    EXPECT_EQ(refuse("noisy", 100), 0);
    EXPECT_EQ(refuse("quiet", 2), 0);
  }
  now += kWindow;
  EXPECT_EQ(refuse("noisy", 300), 0);
  EXPECT_EQ(refuse("noisy", 1000), 1);
  EXPECT_EQ(refuse("quiet", 19), 0);  // few are never too many
  EXPECT_EQ(refuse("quiet", 100), 1);
}

TEST(PeerWatchTest, MemoryIsBounded) {
  PeerWatch watch({.window_ns = kWindow, .subjects = 2, .max_peers = 256});
  for (int i = 0; i < 100'000; ++i) watch.Refused(absl::StrCat("p", i), {.subject = "s"}, kStart);
  EXPECT_LE(watch.size(), 256);
  // Who was heard of last is still known.
  EXPECT_TRUE(watch.Refused("p99999", {.subject = "t"}, kStart).subjects);
  EXPECT_FALSE(watch.Refused("p0", {.subject = "t"}, kStart).subjects);
}

}  // namespace
}  // namespace warden
