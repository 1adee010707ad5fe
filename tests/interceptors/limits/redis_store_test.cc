// The script in a real Redis: what it admits is what an ideal limiter does.
#include "interceptors/limits/shared/redis_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/redis_server.h"

namespace warden {
namespace {

using testing::FreePort;
using testing::RedisServer;

LimitSpec Spec(uint32_t requests, absl::Duration per,
               LimitSpec::Algorithm algorithm = LimitSpec::Algorithm::kTokenBucket) {
  return {.requests = requests, .per = per, .burst = requests, .algorithm = algorithm};
}

RedisOptions To(const std::string& address, absl::Duration timeout = absl::Seconds(5)) {
  RedisOptions options;
  options.address = address;
  options.timeout = timeout;
  return options;
}

SharedLimitStore::Answer Ask(SharedLimitStore& store, std::vector<SharedAsk> asks) {
  std::promise<SharedLimitStore::Answer> promise;
  store.Decide(std::move(asks),
               [&](SharedLimitStore::Answer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

SharedDecision AskOne(SharedLimitStore& store, const SharedAsk& ask) {
  const SharedLimitStore::Answer answer = Ask(store, {ask});
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? answer->front() : SharedDecision();
}

constexpr LimitSpec::Algorithm kAlgorithms[] = {LimitSpec::Algorithm::kTokenBucket,
                                                LimitSpec::Algorithm::kSlidingWindow,
                                                LimitSpec::Algorithm::kFixedWindow};

TEST(RedisStoreTest, AdmitsWhatThereIs) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  for (const LimitSpec::Algorithm algorithm : kAlgorithms) {
    const LimitSpec spec = Spec(5, absl::Hours(24 * 30), algorithm);
    const std::string bucket = absl::StrCat("a", static_cast<int>(algorithm));
    EXPECT_EQ(AskOne(store, {.bucket = bucket, .spec = spec, .charge = false}).judged.remaining,
              5u);
    EXPECT_EQ(AskOne(store, {.bucket = bucket, .spec = spec, .cost = 3}).judged.remaining, 2u);
    const SharedDecision refused = AskOne(store, {.bucket = bucket, .spec = spec, .cost = 3});
    EXPECT_FALSE(refused.judged.allowed);
    EXPECT_EQ(refused.judged.remaining, 2u);
    EXPECT_GT(refused.judged.wait_ns, 0);
    EXPECT_LE(refused.judged.wait_ns, absl::ToInt64Nanoseconds(2 * spec.per));
    EXPECT_EQ(AskOne(store, {.bucket = bucket, .spec = spec, .cost = 2}).judged.remaining, 0u);
    EXPECT_FALSE(AskOne(store, {.bucket = bucket, .spec = spec}).judged.allowed);
    EXPECT_FALSE(AskOne(store, {.bucket = bucket, .spec = spec, .charge = false}).judged.allowed);
    EXPECT_EQ(AskOne(store, {.bucket = "never", .spec = spec, .cost = 6}).judged.wait_ns, kNever);
  }
}

TEST(RedisStoreTest, SeveralAreOneDecision) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  for (const LimitSpec::Algorithm algorithm : kAlgorithms) {
    const LimitSpec wide = Spec(5, absl::Hours(24), algorithm);
    const LimitSpec narrow = Spec(2, absl::Hours(24), algorithm);
    const std::string tag = absl::StrCat(static_cast<int>(algorithm));
    const auto both = [&](const std::string& who) {
      const auto answer = Ask(
          store, {{.bucket = "all" + tag, .spec = wide}, {.bucket = who + tag, .spec = narrow}});
      EXPECT_TRUE(answer.ok()) << answer.status();
      return answer.ok() && (*answer)[0].judged.allowed && (*answer)[1].judged.allowed;
    };
    EXPECT_TRUE(both("alice"));
    EXPECT_TRUE(both("alice"));
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(both("alice"));
    EXPECT_TRUE(both("bob"));
    EXPECT_TRUE(both("bob"));
    EXPECT_TRUE(both("carol")) << "what alice was refused took nothing";
    EXPECT_FALSE(both("carol"));
  }
}

// Up to the time at which each is asked, the waits are those of the store's own clock.
TEST(RedisStoreTest, AfterTheWaitItSucceeds) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  for (const LimitSpec::Algorithm algorithm : kAlgorithms) {
    const SharedAsk ask = {.bucket = absl::StrCat("w", static_cast<int>(algorithm)),
                           .spec = Spec(3, absl::Milliseconds(200), algorithm)};
    int refused = 0;
    for (int i = 0; i < 12; ++i) {
      const SharedDecision decision = AskOne(store, ask);
      if (decision.judged.allowed) continue;
      ++refused;
      absl::SleepFor(absl::Nanoseconds(decision.judged.wait_ns));
      EXPECT_TRUE(AskOne(store, ask).judged.allowed);
    }
    EXPECT_GT(refused, 0);
  }
}

TEST(RedisStoreTest, BucketsExpireWhenTheyAreAsGoodAsNone) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  for (const LimitSpec::Algorithm algorithm : kAlgorithms) {
    AskOne(store, {.bucket = absl::StrCat(static_cast<int>(algorithm)),
                   .spec = Spec(10, absl::Milliseconds(100), algorithm)});
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (redis.Command({"DBSIZE"}) != redis.Command({"EXISTS", "nothing"})) {
    ASSERT_LT(absl::Now(), deadline) << redis.Command({"KEYS", "*"});
    absl::SleepFor(absl::Milliseconds(10));
  }
}

TEST(RedisStoreTest, TakesUpToWhatThereIsForALease) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  for (const LimitSpec::Algorithm algorithm : kAlgorithms) {
    const SharedAsk ask = {.bucket = absl::StrCat(static_cast<int>(algorithm)),
                           .spec = Spec(10, absl::Hours(24 * 30), algorithm),
                           .up_to = 7};
    EXPECT_EQ(AskOne(store, ask).taken, 7u);
    EXPECT_EQ(AskOne(store, ask).taken, 3u);
    EXPECT_FALSE(AskOne(store, ask).judged.allowed);
  }
}

TEST(RedisStoreTest, WhatIsNoAnswerOfTheScriptIsAnOutage) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  const SharedAsk ask = {.bucket = "b", .spec = Spec(10, absl::Hours(1))};
  ASSERT_TRUE(AskOne(store, ask).judged.allowed);
  const std::string keys = redis.Command({"KEYS", "*"});
  const size_t at = keys.find("test:limit:{");
  ASSERT_NE(at, keys.npos);
  const std::string key = keys.substr(at, keys.find('}') - at + 1);
  redis.Command({"DEL", key});
  redis.Command({"LPUSH", key, "x"});
  EXPECT_FALSE(Ask(store, {ask}).ok());
  redis.Command({"SET", key, "not a number"});
  EXPECT_TRUE(AskOne(store, ask).judged.allowed) << "as one that is new";
  EXPECT_TRUE(store.sender().up());
}

TEST(RedisPipeTest, ManyThreadsShareFewRoundTrips) {
  const RedisServer redis;
  RedisLimitStore store(To(redis.address()), "test:");
  const LimitSpec spec = Spec(3000, absl::Hours(24));
  std::atomic<int> answered{0}, allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        store.Decide({{.bucket = "b", .spec = spec}}, [&](SharedLimitStore::Answer answer) {
          if (answer.ok() && answer->front().judged.allowed) ++allowed;
          ++answered;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (answered < 4000 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(answered, 4000);
  EXPECT_EQ(allowed, 3000);
  EXPECT_LT(store.sender().batches(), 2000u);
}

TEST(RedisPipeTest, NobodyWaitsForAServerThatIsGone) {
  RedisLimitStore store(To(absl::StrCat("127.0.0.1:", FreePort()), absl::Milliseconds(200)), "");
  EXPECT_FALSE(store.sender().up());
  const auto answer = Ask(store, {{.bucket = "b", .spec = Spec(1, absl::Hours(1))}});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(store.sender().commands(), 0u);
}

TEST(RedisPipeTest, WhatWaitsIsAnsweredWhenTheServerHangsAndWhenThePipeEnds) {
  RedisServer redis;
  std::atomic<int> failed{0};
  {
    RedisLimitStore store(To(redis.address(), absl::Milliseconds(200)), "");
    ASSERT_TRUE(store.sender().up());
    redis.Freeze();
    for (int i = 0; i < 2000; ++i) {
      store.Decide({{.bucket = "b", .spec = Spec(1, absl::Hours(1))}},
                   [&](const SharedLimitStore::Answer& answer) {
                     if (!answer.ok()) ++failed;
                   });
    }
  }
  EXPECT_EQ(failed, 2000);
  redis.Thaw();
}

}  // namespace
}  // namespace warden
