// Real Sentinels, a master and a replica: limits go on when the master is lost.
#include "interceptors/limits/shared/redis_sentinel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/shared/redis_pipe.h"
#include "tests/interceptors/limits/redis_ask.h"
#include "tests/support/redis_fleet.h"

namespace warden {
namespace {

using testing::FreePort;
using ::testing::HasSubstr;
using testing::MakeSentinel;
using testing::RedisServer;
using testing::SentinelFleet;

RedisOptions In(absl::Duration timeout = absl::Seconds(5)) {
  RedisOptions options;
  options.timeout = timeout;
  return options;
}

std::unique_ptr<RedisSender> Watched(SentinelOptions sentinels, RedisOptions redis = In()) {
  const auto resolver = std::make_shared<SentinelResolver>(std::move(sentinels), std::move(redis));
  return std::make_unique<RedisPipe>(
      [resolver](const std::function<bool()>& stopping) { return resolver->Open(stopping); });
}

std::string KeyOn(const RedisServer& redis) {
  const std::string keys = redis.Command({"KEYS", "test:*"});
  const size_t at = keys.find("test:limit:{");
  return at == keys.npos ? "" : keys.substr(at, keys.find('}') - at + 1);
}

TEST(RedisSentinelTest, TheMasterIsLostAndNothingThatWasReplicatedIsForgotten) {
  SentinelFleet fleet(3);
  std::vector<std::string> sentinels = fleet.sentinels();
  // One that is gone is passed over.
  sentinels.insert(sentinels.begin(), absl::StrCat("127.0.0.1:", FreePort()));
  RedisLimitStore store(Watched({.sentinels = sentinels, .master = "mymaster"}), "test:");
  ASSERT_TRUE(store.sender().up());
  const SharedAsk ask = AskOf("b", 10);
  ASSERT_EQ(AdmittedOf(store, ask, 6), 6);
  fleet.WaitForReplica(KeyOn(fleet.first()));
  fleet.sentinel(0).Kill();
  fleet.first().Kill();
  const auto lost = AskStore(store, {ask});
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(store.sender().up());
  fleet.WaitForMaster(fleet.second(), 1);
  ASSERT_TRUE(WithinAMinute([&] { return store.sender().up(); }));
  EXPECT_EQ(AdmittedOf(store, ask, 10), 4) << "ten in all";
}

// The old master lives, and would go on to answer.
TEST(RedisSentinelTest, APlannedFailoverIsFollowed) {
  SentinelFleet fleet(1);
  RedisLimitStore store(Watched({.sentinels = fleet.sentinels(), .master = "mymaster"}), "test:");
  const SharedAsk ask = AskOf("b", 1000);
  int admitted = AdmittedOf(store, ask, 3);
  ASSERT_EQ(admitted, 3);
  fleet.WaitForReplica(KeyOn(fleet.first()));
  // The Sentinel must first have heard of the replica that it is in step.
  ASSERT_TRUE(WithinAMinute([&] {
    const std::string said = fleet.sentinel(0).Command({"SENTINEL", "FAILOVER", "mymaster"});
    return said.find("+OK") == 0;
  }));
  fleet.WaitForMaster(fleet.second(), 0);
  // Until the old one is a replica it takes what is then lost.
  ASSERT_TRUE(WithinAMinute(
      [&] { return fleet.first().Command({"ROLE"}).find("slave") != std::string::npos; }));
  ASSERT_TRUE(WithinAMinute([&] { return AskStore(store, {ask}).ok(); }));
  const std::string key = KeyOn(fleet.second());
  const std::string before = fleet.second().Command({"GET", key});
  ASSERT_EQ(AdmittedOf(store, ask, 1), 1);
  EXPECT_NE(fleet.second().Command({"GET", key}), before) << "the new master decided";
}

TEST(RedisSentinelTest, AServerThatIsNoMasterIsNotUsed) {
  SentinelFleet fleet(1);
  // A Sentinel that is behind: it names the replica.
  const auto behind = MakeSentinel(fleet.second().port(), 2);
  ASSERT_THAT(behind->Command({"SENTINEL", "get-master-addr-by-name", "mymaster"}),
              HasSubstr(absl::StrCat(fleet.second().port())));
  const auto wrong = Watched({.sentinels = {behind->address()}, .master = "mymaster"});
  EXPECT_FALSE(wrong->up());
  SentinelResolver resolver({.sentinels = {behind->address()}, .master = "mymaster"}, In());
  EXPECT_THAT(std::string(resolver.Open([] { return false; }).status().message()),
              HasSubstr("is no master"));
  const auto both = Watched(
      {.sentinels = {behind->address(), fleet.sentinel(0).address()}, .master = "mymaster"});
  EXPECT_TRUE(both->up()) << "the other Sentinel knows better";
}

TEST(RedisSentinelTest, NobodyIsAskedWithoutANameOrPassword) {
  const RedisServer redis;
  const auto sentinel = MakeSentinel(redis.port(), 1, {"requirepass sesame"});
  const auto open = [&](const std::string& name, const std::string& password) {
    SentinelResolver resolver(
        {.sentinels = {sentinel->address()}, .master = name, .password = password}, In());
    return std::string(resolver.Open([] { return false; }).status().message());
  };
  EXPECT_EQ(open("mymaster", "sesame"), "");
  EXPECT_THAT(open("other", "sesame"), HasSubstr("knows no master `other`"));
  EXPECT_THAT(open("mymaster", ""), HasSubstr("NOAUTH"));
  EXPECT_THAT(open("mymaster", "open"), HasSubstr("refused username or password"));
}

TEST(RedisSentinelTest, SentinelsThatHangOrStopAreNotWaitedForLong) {
  RedisServer redis;
  const auto sentinel = MakeSentinel(redis.port());
  sentinel->Freeze();
  {
    const auto hangs = Watched({.sentinels = {sentinel->address()}, .master = "mymaster"},
                               In(absl::Milliseconds(100)));
    EXPECT_FALSE(hangs->up());
    RedisSender::Reply reply = absl::UnknownError("");
    hangs->Send({"EVAL", "return 1", "0"}, [&](RedisSender::Reply got) { reply = std::move(got); });
    EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << "at once";
    sentinel->Thaw();
    EXPECT_TRUE(WithinAMinute([&] { return hangs->up(); }));
  }
  SentinelResolver resolver({.sentinels = {sentinel->address()}, .master = "mymaster"}, In());
  EXPECT_FALSE(resolver.Open([] { return true; }).ok()) << "it stops";
}

}  // namespace
}  // namespace warden
