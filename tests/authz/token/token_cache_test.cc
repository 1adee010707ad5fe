#include "authz/token/token_cache.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using ::warden::testing::GoodClaims;
using ::warden::testing::kNowSeconds;
using ::warden::testing::Mint;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::TestKey;
using ::warden::testing::VerifierFor;

// HMACs are the cheapest to make and verify.
const SigningKey& Key() { return TestKey(Algorithm::kHs256); }

std::string TokenOf(int number, int64_t expires_in = 300) {
  nlohmann::json claims = GoodClaims();
  claims["sub"] = absl::StrCat("user-", number);
  claims["exp"] = kNowSeconds + expires_in;
  return Mint(Key(), claims);
}

TEST(TokenCacheTest, RemembersATokenByItsBytes) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 100);
  bool hit = true;
  const TokenResult first = cache.Verify(TokenOf(1), Now(), &hit);
  ASSERT_NE(first.token, nullptr);
  EXPECT_FALSE(hit);
  EXPECT_EQ(cache.size(), 1);
  const TokenResult second = cache.Verify(TokenOf(1), Now(), &hit);
  EXPECT_TRUE(hit);
  EXPECT_EQ(second.token, first.token);
  EXPECT_EQ(second.refusal, TokenRefusal::kNone);
  EXPECT_EQ(second.algorithm, "HS256");
  EXPECT_EQ(second.detail, "");
  cache.Verify(TokenOf(2), Now(), &hit);
  EXPECT_FALSE(hit);
  EXPECT_EQ(cache.size(), 2);
}

TEST(TokenCacheTest, DoesNotRememberRefusals) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 100);
  for (int i = 0; i < 2; ++i) {
    bool hit = true;
    EXPECT_EQ(cache.Verify(TokenOf(1) + "A", Now(), &hit).token, nullptr);
    EXPECT_FALSE(hit);
    EXPECT_EQ(cache.Verify("", Now(), &hit).refusal, TokenRefusal::kMalformed);
    EXPECT_EQ(cache.Verify(std::string(1 << 20, 'a'), Now(), &hit).refusal,
              TokenRefusal::kTooLarge);
    EXPECT_EQ(cache.Verify(TokenOf(1, -1000), Now(), &hit).refusal, TokenRefusal::kExpired);
  }
  EXPECT_EQ(cache.size(), 0);
}

TEST(TokenCacheTest, AnEntryDiesWithItsToken) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 100);
  const std::string token = TokenOf(1, 300);
  const absl::Time end = Now() + absl::Seconds(360);  // with the leeway
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  bool hit = false;
  EXPECT_NE(cache.Verify(token, end - absl::Nanoseconds(1), &hit).token, nullptr);
  EXPECT_TRUE(hit);
  EXPECT_EQ(cache.Verify(token, end, &hit).refusal, TokenRefusal::kExpired);
  EXPECT_FALSE(hit);
  EXPECT_EQ(cache.size(), 0);
}

TEST(TokenCacheTest, AnEntryIsNotUsedBeforeItsTime) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 100);
  nlohmann::json claims = GoodClaims();
  claims["nbf"] = kNowSeconds;
  const std::string token = Mint(Key(), claims);
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  bool hit = true;
  EXPECT_EQ(cache.Verify(token, Now() - absl::Seconds(61), &hit).refusal,
            TokenRefusal::kNotYetValid);
  EXPECT_FALSE(hit);
  EXPECT_NE(cache.Verify(token, Now(), &hit).token, nullptr);
  EXPECT_TRUE(hit);
}

TEST(TokenCacheTest, IsBoundedAndKeepsWhatIsUsed) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 10);
  bool hit = false;
  for (int i = 0; i < 100; ++i) {
    cache.Verify(TokenOf(i), Now());
    cache.Verify(TokenOf(0), Now(), &hit);
    EXPECT_TRUE(hit) << i;
    EXPECT_LE(cache.size(), 10);
  }
  EXPECT_EQ(cache.size(), 10);
  EXPECT_EQ(cache.evictions(), 90);
  cache.Verify(TokenOf(99), Now(), &hit);
  EXPECT_TRUE(hit);
  cache.Verify(TokenOf(50), Now(), &hit);
  EXPECT_FALSE(hit);
}

TEST(TokenCacheTest, IsBoundedWithManyShards) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 256);
  for (int i = 0; i < 2000; ++i) cache.Verify(TokenOf(i), Now());
  EXPECT_LE(cache.size(), 256);
  EXPECT_GT(cache.size(), 200);
  EXPECT_EQ(cache.size() + cache.evictions(), 2000);
}

TEST(TokenCacheTest, LongTokensCountForMore) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 16);  // 32 KiB
  nlohmann::json claims = GoodClaims();
  for (int i = 0; i < 32; ++i) {
    claims["sub"] = absl::StrCat("user-", i);
    claims["x"] = std::string(6000, 'x');
    EXPECT_NE(cache.Verify(Mint(Key(), claims), Now()).token, nullptr);
    EXPECT_LE(cache.size(), 4);
  }
  EXPECT_GE(cache.size(), 3);
}

TEST(TokenCacheTest, EvenACacheOfNoneWorks) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 0);
  EXPECT_NE(cache.Verify(TokenOf(1), Now()).token, nullptr);
  EXPECT_NE(cache.Verify(TokenOf(2), Now()).token, nullptr);
  EXPECT_EQ(cache.size(), 1);
}

TEST(TokenCacheTest, ReplaceForgetsEverything) {
  TokenCache cache(VerifierFor(OptionsFor(Key())), 1000);
  for (int i = 0; i < 100; ++i) cache.Verify(TokenOf(i), Now());
  EXPECT_EQ(cache.size(), 100);
  cache.Replace(VerifierFor(OptionsFor(TestKey(Algorithm::kHs512))));
  EXPECT_EQ(cache.size(), 0);
  bool hit = true;
  EXPECT_EQ(cache.Verify(TokenOf(1), Now(), &hit).refusal, TokenRefusal::kAlgorithmNotAllowed);
  EXPECT_FALSE(hit);
  EXPECT_NE(cache.Verify(Mint(TestKey(Algorithm::kHs512), GoodClaims()), Now()).token, nullptr);
}

TEST(TokenCacheTest, TokensStayUsableAfterTheCache) {
  std::shared_ptr<const VerifiedToken> token;
  {
    TokenCache cache(VerifierFor(OptionsFor(Key())), 10);
    token = cache.Verify(TokenOf(1), Now()).token;
  }
  EXPECT_EQ(token->subject(), "user-1");
}

// Threads verify while the keys change again and again. After each change the revoked key's tokens
// must be refused at once.
TEST(TokenCacheTest, ManyThreadsAndChangesOfKeys) {
  const auto old_keys = VerifierFor(OptionsFor(Key()));
  const auto new_keys = VerifierFor(OptionsFor(TestKey(Algorithm::kHs512)));
  TokenCache cache(old_keys, 64);
  std::vector<std::string> tokens;
  for (int i = 0; i < 200; ++i) tokens.push_back(TokenOf(i));
  std::atomic<bool> stop{false};
  std::atomic<int> verified{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = static_cast<size_t>(t); !stop; i += 7) {
        const TokenResult result = cache.Verify(tokens[i % tokens.size()], Now());
        if (result.token != nullptr) {
          EXPECT_EQ(result.token->subject(), absl::StrCat("user-", i % tokens.size()));
          ++verified;
        }
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    cache.Replace(new_keys);
    for (size_t j = 0; j < 10; ++j) {
      EXPECT_EQ(cache.Verify(tokens[j], Now()).refusal, TokenRefusal::kAlgorithmNotAllowed);
    }
    cache.Replace(old_keys);
    for (size_t j = 0; j < 10; ++j) EXPECT_NE(cache.Verify(tokens[j], Now()).token, nullptr);
  }
  while (verified < 100) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.size(), 64);
}

}  // namespace
}  // namespace warden
