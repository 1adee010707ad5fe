#include "interceptors/observe/request_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/time/clock.h"

namespace warden {
namespace {

using ::testing::MatchesRegex;

std::string Id(absl::Time now) { return std::string(RequestId::Make(now).view()); }

TEST(RequestIdTest, IsAUuidOfVersion7) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_THAT(
        Id(absl::Now()),
        MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

// The example of RFC 9562, appendix A.6: 0x017F22E279B0 milliseconds.
TEST(RequestIdTest, BeginsWithTheMilliseconds) {
  const absl::Time time = absl::FromUnixMillis(0x017F22E279B0);
  EXPECT_EQ(Id(time).substr(0, 15), "017f22e2-79b0-7");
  EXPECT_EQ(Id(time + absl::Microseconds(999)).substr(0, 15), "017f22e2-79b0-7");
  EXPECT_EQ(Id(time + absl::Milliseconds(1)).substr(0, 15), "017f22e2-79b1-7");
}

TEST(RequestIdTest, TimesOutOfRangeAreTheNearestThatFit) {
  EXPECT_EQ(Id(absl::UnixEpoch()).substr(0, 15), "00000000-0000-7");
  EXPECT_EQ(Id(absl::InfinitePast()).substr(0, 15), "00000000-0000-7");
  EXPECT_EQ(Id(absl::FromUnixMillis(-1)).substr(0, 15), "00000000-0000-7");
  EXPECT_EQ(Id(absl::InfiniteFuture()).substr(0, 15), "ffffffff-ffff-7");
}

TEST(RequestIdTest, TakesOverWhatIsOfTheForm) {
  for (const std::string& good : {std::string("a"), std::string(64, 'Z'), std::string("A-z_0.9")}) {
    const std::optional<RequestId> id = RequestId::TakeOver(good);
    ASSERT_TRUE(id.has_value()) << good;
    EXPECT_EQ(id->view(), good);
  }
  for (const std::string& bad :
       {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\n"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string("a:b"), std::string("\"")}) {
    EXPECT_FALSE(RequestId::TakeOver(bad).has_value()) << bad;
  }
}

TEST(RequestIdTest, SortsByTime) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(Id(time + absl::Milliseconds(i)), Id(time + absl::Milliseconds(i + 1)));
  }
}

TEST(RequestIdTest, AreUniqueWithinOneMillisecondAcrossThreads) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);
  constexpr size_t kThreads = 4;
  constexpr size_t kEach = 100'000;
  std::vector<std::vector<std::string>> made(kThreads);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids, time] {
      for (size_t i = 0; i < kEach; ++i) ids.push_back(Id(time));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::unordered_set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), kThreads * kEach);
}

TEST(RequestIdTest, EveryRandomBitVaries) {
  std::vector<std::set<char>> seen(36);
  for (int i = 0; i < 2000; ++i) {
    const std::string id = Id(absl::UnixEpoch());
    for (size_t at = 0; at < id.size(); ++at) seen[at].insert(id[at]);
  }
  for (size_t at = 15; at < 36; ++at) {
    const size_t wanted = at == 18 || at == 23 ? 1 : at == 19 ? 4 : 16;
    EXPECT_EQ(seen[at].size(), wanted) << at;
  }
}

TEST(RequestIdTest, AForkedChildMakesOtherIds) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);
  Id(time);  // seeds this thread's generator before the fork
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string id = Id(time);
    _exit(write(ends[1], id.data(), id.size()) == 36 ? 0 : 1);
  }
  const std::string own = Id(time);
  char childs[36] = {};
  EXPECT_EQ(read(ends[0], childs, sizeof childs), 36);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(own, std::string(childs, sizeof childs));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace warden
