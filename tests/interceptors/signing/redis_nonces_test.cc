// Nonces that several servers remember in a real Redis, and what becomes of them when it fails.
#include "interceptors/signing/redis_nonces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "interceptors/limits/shared/redis_cluster.h"
#include "interceptors/limits/shared/redis_pipe.h"
#include "tests/interceptors/limits/redis_ask.h"
#include "tests/support/redis_fleet.h"

namespace warden {
namespace {

using testing::ClusterFleet;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RedisServer;

constexpr absl::Duration kSkew = absl::Seconds(60);

// One server's view, with a clock of its own.
class Nonces {
 public:
  explicit Nonces(std::unique_ptr<RedisSender> sender)
      : nonces_(std::move(sender), {.max_skew = kSkew, .clock = [this] { return now(); }}) {
    // What is made from here on was made after the store began, in whole milliseconds.
    EXPECT_TRUE(Recovers());
    absl::SleepFor(absl::Milliseconds(2));
  }
  explicit Nonces(const RedisServer& redis, absl::Duration timeout = absl::Seconds(5))
      : Nonces(std::make_unique<RedisPipe>(
            RedisOptions{.address = redis.address(), .timeout = timeout})) {}

  NonceStore::Answer Claim(const std::string& nonce, absl::Time created, std::string key = "key") {
    std::promise<NonceStore::Answer> promise;
    nonces_.Claim(key, nonce, created,
                  [&](NonceStore::Answer answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }
  // Of one that is made now.
  NonceStore::Answer Claim(const std::string& nonce) { return Claim(nonce, now()); }
  // Until the store answers again.
  bool Recovers() {
    int tries = 0;
    return WithinAMinute([&] {
      const NonceStore::Answer answer = Claim(absl::StrCat("recovery", tries++));
      return answer.ok() && *answer != ReplayVerdict::kTooOld;
    });
  }
  absl::Time now() const { return absl::Now() + off_.load(); }
  void SetClock(absl::Duration off) { off_ = off; }
  const NonceStore& store() const { return nonces_; }

 private:
  std::atomic<absl::Duration> off_{absl::ZeroDuration()};
  RedisNonces nonces_;
};

void ExpectVerdict(const NonceStore::Answer& answer, ReplayVerdict verdict) {
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, verdict);
}

// The keys of all nonces, and not of when their groups began.
std::vector<std::string> NoncesIn(const RedisServer& redis) {
  std::vector<std::string> keys;
  for (const absl::string_view word : absl::StrSplit(redis.Command({"KEYS", "*"}), "\r\n")) {
    if (!absl::StartsWith(word, "warden:nonce:{") || absl::EndsWith(word, ":since")) continue;
    keys.emplace_back(word);
  }
  return keys;
}

TEST(RedisNoncesTest, EachCountsAtOneServerOnly) {
  const RedisServer redis;
  Nonces one(redis), two(redis);
  const absl::Time created = absl::Now();
  ExpectVerdict(one.Claim("first", created), ReplayVerdict::kFresh);
  ExpectVerdict(two.Claim("first", created), ReplayVerdict::kReplayed);
  ExpectVerdict(one.Claim("first", created), ReplayVerdict::kReplayed);
  ExpectVerdict(two.Claim("first", created, "other-key"), ReplayVerdict::kFresh);
  ExpectVerdict(two.Claim("second", created), ReplayVerdict::kFresh);
  ExpectVerdict(one.Claim("second", created), ReplayVerdict::kReplayed);
  // What a client chose does not stand in the store.
  EXPECT_THAT(redis.Command({"KEYS", "*"}), Not(HasSubstr("second")));
}

TEST(RedisNoncesTest, OneOfManyAtOnceWins) {
  const RedisServer redis;
  Nonces one(redis), two(redis);
  std::atomic<int> fresh{0}, replayed{0};
  std::vector<std::thread> threads;
  const absl::Time created = absl::Now();
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) {
        const auto answer = (t % 2 == 0 ? one : two).Claim(absl::StrCat("n", i), created);
        if (!answer.ok()) continue;
        ++(*answer == ReplayVerdict::kFresh ? fresh : replayed);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 250);
  EXPECT_EQ(replayed, 750);
}

TEST(RedisNoncesTest, TheyAreForgottenAfterASignatureCannotCount) {
  const RedisServer redis;
  Nonces nonces(redis);
  for (int i = 0; i < 20; ++i) {
    ExpectVerdict(nonces.Claim(absl::StrCat("n", i)), ReplayVerdict::kFresh);
  }
  int seen = 0;  // and one of the beginning
  for (const std::string& key : NoncesIn(redis)) {
    ++seen;
    const std::string answer = redis.Command({"PTTL", key});
    int64_t left_ms = 0;
    ASSERT_EQ(answer[0], ':') << answer;
    left_ms = std::stoll(answer.substr(1));
    EXPECT_GT(left_ms, absl::ToInt64Milliseconds(2 * kSkew));
    EXPECT_LE(left_ms, absl::ToInt64Milliseconds(3 * kSkew));
  }
  EXPECT_GE(seen, 20);
}

TEST(RedisNoncesTest, WhatWasMadeBeforeTheStoreBeganDoesNotCount) {
  const RedisServer redis;
  Nonces nonces(redis);
  ExpectVerdict(nonces.Claim("old", absl::Now() - absl::Seconds(30)), ReplayVerdict::kTooOld);
  ExpectVerdict(nonces.Claim("new"), ReplayVerdict::kFresh);
}

TEST(RedisNoncesTest, AnEmptiedStoreLetsNothingCountAgain) {
  const RedisServer redis;
  Nonces one(redis), two(redis);
  const absl::Time created = absl::Now();
  for (int i = 0; i < 200; ++i) {
    ExpectVerdict(one.Claim(absl::StrCat("n", i), created), ReplayVerdict::kFresh);
  }
  redis.Command({"FLUSHALL"});
  for (int i = 0; i < 200; ++i) {
    ExpectVerdict((i % 2 == 0 ? one : two).Claim(absl::StrCat("n", i), created),
                  ReplayVerdict::kTooOld);
  }
  // All groups have begun anew with the first that was asked for.
  int fresh = 0;
  for (int i = 0; i < 200; ++i) {
    const auto answer = two.Claim(absl::StrCat("m", i));
    if (answer.ok() && *answer == ReplayVerdict::kFresh) ++fresh;
  }
  EXPECT_GE(fresh, 198);
}

TEST(RedisNoncesTest, AKilledStoreRefusesAndWhatItLostDoesNotCount) {
  RedisServer redis;
  Nonces one(redis), two(redis);
  const absl::Time created = absl::Now();
  ExpectVerdict(one.Claim("n", created), ReplayVerdict::kFresh);
  redis.Kill();
  EXPECT_FALSE(one.Claim("m").ok());
  EXPECT_FALSE(two.Claim("m").ok());
  EXPECT_FALSE(one.store().up());
  redis.Start();
  ASSERT_TRUE(one.Recovers());
  ASSERT_TRUE(two.Recovers());
  ExpectVerdict(two.Claim("n", created), ReplayVerdict::kTooOld);
  ExpectVerdict(two.Claim("fresh"), ReplayVerdict::kFresh);
  ExpectVerdict(one.Claim("fresh", absl::Now()), ReplayVerdict::kReplayed);
}

// The mark of when the store began came back, and some nonces did not.
TEST(RedisNoncesTest, NorDoesWhatAStoreLostThatRemembersTheRest) {
  RedisServer redis({"--appendonly", "yes", "--appendfsync", "always"});
  Nonces one(redis), two(redis);
  const absl::Time created = absl::Now();
  for (int i = 0; i < 20; ++i) {
    ExpectVerdict(one.Claim(absl::StrCat("n", i), created), ReplayVerdict::kFresh);
  }
  redis.Kill();
  redis.Start();
  for (const std::string& key : NoncesIn(redis)) {
    redis.Command({"DEL", key});
  }
  for (int i = 0; i < 20; ++i) {
    const auto answer = two.Claim(absl::StrCat("n", i), created);
    if (answer.ok()) {
      EXPECT_EQ(*answer, ReplayVerdict::kTooOld) << i;
    }
  }
}

TEST(RedisNoncesTest, AStoreThatHangsRefuses) {
  RedisServer redis;
  Nonces nonces(redis, absl::Milliseconds(200));
  ExpectVerdict(nonces.Claim("n"), ReplayVerdict::kFresh);
  redis.Freeze();
  EXPECT_FALSE(nonces.Claim("m").ok());
  redis.Thaw();
  ASSERT_TRUE(nonces.Recovers());
  // It may have been remembered while nobody heard of it; then it is used up.
  const auto again = nonces.Claim("n", absl::Now());
  ExpectVerdict(again, ReplayVerdict::kReplayed);
}

TEST(RedisNoncesTest, ServersClocksMayDiffer) {
  const RedisServer redis;
  Nonces right(redis), behind(redis);
  behind.SetClock(-absl::Seconds(50));
  const absl::Time created = absl::Now();
  ExpectVerdict(right.Claim("n", created), ReplayVerdict::kFresh);
  ExpectVerdict(behind.Claim("n", created), ReplayVerdict::kReplayed);
}

TEST(RedisNoncesTest, AnAnswerThatIsNoneRefuses) {
  const RedisServer redis;
  Nonces nonces(redis);
  for (uint32_t group = 0; group < RedisNonces::kGroups; ++group) {
    redis.Command({"DEL", absl::StrCat("warden:nonce:{", group, "}:since")});
    redis.Command({"LPUSH", absl::StrCat("warden:nonce:{", group, "}:since"), "x"});
  }
  EXPECT_FALSE(nonces.Claim("n").ok());
}

TEST(RedisNoncesTest, AClusterRemembersThem) {
  ClusterFleet fleet;
  std::vector<std::string> seeds = {fleet.node(0).address()};
  const RedisOptions options = {.timeout = absl::Seconds(5)};
  Nonces one(std::make_unique<RedisCluster>(seeds, options));
  Nonces two(std::make_unique<RedisCluster>(seeds, options));
  const absl::Time created = absl::Now();
  for (int i = 0; i < 100; ++i) {
    ExpectVerdict(one.Claim(absl::StrCat("n", i), created), ReplayVerdict::kFresh);
    ExpectVerdict(two.Claim(absl::StrCat("n", i), created), ReplayVerdict::kReplayed);
  }
  int used = 0;
  for (size_t i = 0; i < fleet.size(); ++i) {
    if (absl::StrContains(fleet.node(i).Command({"KEYS", "*"}), "warden:nonce:{")) ++used;
  }
  EXPECT_EQ(used, 3) << "spread over the nodes";
}

}  // namespace
}  // namespace warden
