#include "interceptors/introspection/answer_cache.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "authz/token/introspection.h"
#include "gtest/gtest.h"

namespace warden {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TokenResult Good(int64_t exp = 1'700'000'600) {
  return JudgeIntrospection(absl::StrCat(R"({"active":true,"aud":"a","exp":)", exp, "}"),
                            {.issuer = "i", .audiences = {"a"}, .leeway = absl::ZeroDuration()},
                            kNow);
}
TokenResult Bad() { return JudgeIntrospection(R"({"active":false})", {}, kNow); }

bool Knows(AnswerCache& cache, const std::string& token, absl::Time now = kNow) {
  return cache.Find(AnswerCache::KeyOf(token), now).has_value();
}

TEST(AnswerCacheTest, AnAnswerLivesAsLongAsItMayAndAsItsToken) {
  AnswerCache cache(64);
  const std::string key = AnswerCache::KeyOf("t");
  EXPECT_FALSE(Knows(cache, "t"));
  cache.Insert(key, Good(1'700'000'010), kNow, absl::Seconds(30));
  ASSERT_TRUE(Knows(cache, "t", kNow + absl::Seconds(9)));
  EXPECT_FALSE(Knows(cache, "t", kNow + absl::Seconds(10))) << "after exp";
  cache.Insert(key, Good(), kNow, absl::Seconds(30));
  EXPECT_TRUE(Knows(cache, "t", kNow + absl::Seconds(29)));
  EXPECT_FALSE(Knows(cache, "t", kNow + absl::Seconds(30)));
  cache.Insert(key, Good(), kNow, absl::Seconds(30));
  EXPECT_FALSE(Knows(cache, "t", kNow - absl::Seconds(1))) << "the clock was set back";
  cache.Insert(key, Good(), kNow, absl::ZeroDuration());
  EXPECT_FALSE(Knows(cache, "t"));
}

TEST(AnswerCacheTest, TheLatestAnswerCounts) {
  AnswerCache cache(64);
  const std::string key = AnswerCache::KeyOf("t");
  cache.Insert(key, Good(), kNow, absl::Seconds(30));
  cache.Insert(key, Bad(), kNow, absl::Seconds(30));
  EXPECT_EQ(cache.Find(key, kNow)->token, nullptr);
  EXPECT_EQ(cache.size(), 1u);
  cache.Insert(key, Good(), kNow, absl::Seconds(30));
  EXPECT_NE(cache.Find(key, kNow)->token, nullptr);
  EXPECT_EQ(cache.size(), 1u);
}

TEST(AnswerCacheTest, MadeUpTokensDoNotPushOutGoodOnes) {
  AnswerCache cache(1024);
  for (int i = 0; i < 100; ++i) {
    cache.Insert(AnswerCache::KeyOf(absl::StrCat("good", i)), Good(), kNow, absl::Minutes(1));
  }
  for (int i = 0; i < 100'000; ++i) {
    cache.Insert(AnswerCache::KeyOf(absl::StrCat("bad", i)), Bad(), kNow, absl::Minutes(1));
  }
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Knows(cache, absl::StrCat("good", i))) << i;
  EXPECT_LE(cache.size(), 100u + 256u);
}

TEST(AnswerCacheTest, IsBounded) {
  AnswerCache cache(160);
  for (int i = 0; i < 10'000; ++i) {
    cache.Insert(AnswerCache::KeyOf(absl::StrCat(i)), Good(), kNow, absl::Minutes(1));
  }
  EXPECT_LE(cache.size(), 160u);
  EXPECT_TRUE(Knows(cache, "9999"));
}

}  // namespace
}  // namespace warden
