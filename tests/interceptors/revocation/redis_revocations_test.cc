#include "interceptors/revocation/redis_revocations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/redis_server.h"

namespace warden {
namespace {

using testing::RedisServer;

class RedisRevocationsTest : public ::testing::Test {
 protected:
  static Revocation Entry(RevocationKey key) {
    return *NormalRevocation({.key = std::move(key)}, absl::FromUnixMicros(1'700'000'000'123'456));
  }
  static Revocation ApiKey(const std::string& id) {
    return Entry({RevocationKind::kApiKey, "", id});
  }

  // The whole list, page by page.
  std::vector<RevocationChange> All(int64_t after = 0) {
    std::vector<RevocationChange> all;
    while (true) {
      auto page = list_.ReadChanges(after);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      all.insert(all.end(), page->changes.begin(), page->changes.end());
      if (!page->more) return all;
      EXPECT_GT(page->last, after);
      after = page->last;
    }
  }

  RedisServer server_;
  RedisRevocations list_{{.address = server_.address(), .timeout = absl::Seconds(10)}, "w:", 1000};
};

TEST_F(RedisRevocationsTest, AnEmptyListHasNoState) {
  const auto state = list_.ReadState();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->epoch, "");
  EXPECT_EQ(state->version, 0);
  EXPECT_TRUE(All().empty());
}

TEST_F(RedisRevocationsTest, EntriesComeBackAsTheyWere) {
  Revocation subject = Entry({RevocationKind::kSubject, "https://a.example", "alice ä"});
  subject.reason = "two  words, and 1 2 3";
  subject.expires_at = absl::FromUnixMicros(4'000'000'000'000'001);
  const Revocation entries[] = {subject, Entry({RevocationKind::kToken, "i", "a b"}), ApiKey("k"),
                                Entry({RevocationKind::kCertificate, "", std::string(64, 'a')}),
                                Entry({RevocationKind::kKey, "i", "kid"})};
  int64_t last = 0;
  for (const Revocation& entry : entries) {
    const auto made = list_.Revoke(entry);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->revocation, entry);
    EXPECT_GT(made->stamp, last);
    last = made->stamp;
  }
  const auto all = All();
  ASSERT_EQ(all.size(), 5);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(all[i].revocation, entries[i]);
  EXPECT_EQ(list_.ReadState()->version, last);
  EXPECT_TRUE(All(last).empty());
}

TEST_F(RedisRevocationsTest, RevokingAnewMakesStronger) {
  const absl::Time now = absl::FromUnixSeconds(4'000'000'000);
  Revocation one = Entry({RevocationKind::kSubject, "i", "a"});
  one.issued_before = now;
  one.expires_at = now + absl::Hours(2);
  ASSERT_TRUE(list_.Revoke(one).ok());
  Revocation weak = one;
  weak.issued_before = now - absl::Hours(1);
  weak.expires_at = now + absl::Hours(1);
  weak.reason = "weak";
  Revocation merged = one;
  merged.reason = "weak";
  EXPECT_EQ(list_.Revoke(weak)->revocation, merged);
  Revocation forever = weak;
  forever.expires_at = absl::InfiniteFuture();
  merged.expires_at = absl::InfiniteFuture();
  EXPECT_EQ(list_.Revoke(forever)->revocation, merged);
  EXPECT_EQ(list_.Revoke(weak)->revocation, merged);
  EXPECT_EQ(All().size(), 1);
}

TEST_F(RedisRevocationsTest, LiftsAreTold) {
  ASSERT_TRUE(list_.Revoke(ApiKey("a")).ok());
  const int64_t before = list_.ReadState()->version;
  bool found = false;
  const auto lifted = list_.Lift(ApiKey("a").key, &found);
  ASSERT_TRUE(lifted.ok()) << lifted.status();
  EXPECT_TRUE(found);
  const auto all = All(before);
  ASSERT_EQ(all.size(), 1);
  EXPECT_TRUE(all[0].lifted);
  EXPECT_EQ(all[0].revocation.key, ApiKey("a").key);
  ASSERT_TRUE(list_.Lift(ApiKey("a").key, &found).ok());
  EXPECT_FALSE(found);
  ASSERT_TRUE(list_.Revoke(ApiKey("a")).ok());
  EXPECT_EQ(All().size(), 1);
  EXPECT_FALSE(All()[0].lifted);
}

TEST_F(RedisRevocationsTest, LongListsComeInPages) {
  RedisRevocations large({.address = server_.address(), .timeout = absl::Seconds(10)}, "w:", 5000);
  for (int i = 0; i < 1300; ++i) ASSERT_TRUE(large.Revoke(ApiKey(absl::StrCat(i))).ok());
  const auto all = All();
  ASSERT_EQ(all.size(), 1300);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].revocation.key.id, absl::StrCat(i));
}

TEST_F(RedisRevocationsTest, TheListIsBoundedAndLiftsMakeRoom) {
  RedisRevocations small({.address = server_.address(), .timeout = absl::Seconds(10)}, "w:", 2);
  ASSERT_TRUE(small.Revoke(ApiKey("a")).ok());
  ASSERT_TRUE(small.Revoke(ApiKey("b")).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(small.Revoke(ApiKey("c")).status()));
  EXPECT_TRUE(small.Revoke(ApiKey("b")).ok());
  bool found = false;
  ASSERT_TRUE(small.Lift(ApiKey("a").key, &found).ok());
  EXPECT_TRUE(small.Revoke(ApiKey("c")).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(small.Revoke(ApiKey("a")).status()));
}

TEST_F(RedisRevocationsTest, WhatHasExpiredGoesAtTheNextWrite) {
  Revocation old = ApiKey("old");
  old.expires_at = absl::FromUnixSeconds(1'700'000'001);
  ASSERT_TRUE(list_.Revoke(old).ok());
  ASSERT_TRUE(list_.Revoke(ApiKey("new")).ok());
  EXPECT_EQ(All().size(), 1);
  EXPECT_EQ(server_.Command({"HLEN", "w:{revocations}:entries"}).substr(0, 4), ":1\r\n");
}

TEST_F(RedisRevocationsTest, ListsOfOthersAreRefused) {
  ASSERT_TRUE(list_.Revoke(ApiKey("a")).ok());
  for (const char* value : {"", "2 0 0 1 x", "1 0 0", "1 a 0 1 x", "1 0 -1 1 x", "1 0 0 1 \x01"}) {
    server_.Command({"HSET", "w:{revocations}:entries", "api_key\n\na", value});
    EXPECT_TRUE(absl::IsDataLoss(list_.ReadChanges(0).status())) << value;
  }
  server_.Command({"HSET", "w:{revocations}:entries", "api_key\n\na", "1 0 0 1 "});
  EXPECT_TRUE(list_.ReadChanges(0).ok());
  server_.Command({"ZADD", "w:{revocations}:log", "5", "nonsense"});
  server_.Command({"HSET", "w:{revocations}:entries", "nonsense", "1 0 0 1 "});
  EXPECT_TRUE(absl::IsDataLoss(list_.ReadChanges(0).status()));
  server_.Command({"HSET", "w:{revocations}:meta", "version", "many"});
  EXPECT_TRUE(absl::IsDataLoss(list_.ReadState().status()));
  server_.Command({"SET", "w:{revocations}:meta", "x"});
  EXPECT_FALSE(list_.ReadState().ok());
}

TEST_F(RedisRevocationsTest, ConnectsAnew) {
  ASSERT_TRUE(list_.Revoke(ApiKey("a")).ok());
  server_.Kill();
  EXPECT_TRUE(absl::IsUnavailable(list_.ReadState().status()));
  EXPECT_TRUE(absl::IsUnavailable(list_.Revoke(ApiKey("b")).status()));
  server_.Start();
  EXPECT_TRUE(list_.Revoke(ApiKey("b")).ok());
  // Closed while it was idle.
  server_.Command({"CLIENT", "KILL", "TYPE", "normal"});
  EXPECT_TRUE(list_.Revoke(ApiKey("c")).ok());
}

TEST_F(RedisRevocationsTest, PrefixesAreApart) {
  RedisRevocations other({.address = server_.address()}, "x:", 10);
  ASSERT_TRUE(other.Revoke(ApiKey("a")).ok());
  EXPECT_TRUE(All().empty());
}

// What docs/revocation.md grants to servers that only read.
TEST_F(RedisRevocationsTest, ReadersNeedFewRights) {
  ASSERT_TRUE(list_.Revoke(ApiKey("a")).ok());
  server_.Command({"ACL", "SETUSER", "reader", "on", ">secret", "~w:{revocations}:*", "+hmget",
                   "+zrangebyscore"});
  RedisRevocations reader(
      {.address = server_.address(), .username = "reader", .password = "secret"}, "w:", 10);
  EXPECT_TRUE(reader.ReadState().ok());
  EXPECT_EQ(reader.ReadChanges(0)->changes.size(), 1);
  EXPECT_FALSE(reader.Revoke(ApiKey("b")).ok());
  server_.Command({"ACL", "SETUSER", "writer", "on", ">secret", "~w:{revocations}:*", "+hmget",
                   "+zrangebyscore", "+eval", "+hget", "+hset", "+hsetnx", "+hdel", "+hlen",
                   "+zadd", "+zrem", "+zrange", "+zcard", "+time"});
  RedisRevocations writer(
      {.address = server_.address(), .username = "writer", .password = "secret"}, "w:", 10);
  EXPECT_TRUE(writer.Revoke(ApiKey("b")).ok());
  bool found = false;
  EXPECT_TRUE(writer.Lift(ApiKey("b").key, &found).ok());
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace warden
