#include "authz/apikey/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "authz/apikey/api_key.h"
#include "authz/apikey/check.h"
#include "authz/apikey/store.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using testing::AddKey;
using ::testing::ElementsAre;
using testing::Hasher;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNow;
using ::testing::Not;
using testing::SetOf;
using testing::WithWrongSecret;

void ExpectRefused(const ApiKeySet& set, const std::string& text, ApiKeyRefusal refusal,
                   absl::Time now = kNow) {
  const ApiKeyResult result = set.Verify(text, now);
  EXPECT_EQ(result.key, nullptr) << text;
  EXPECT_EQ(result.refusal, refusal) << text << " " << result.detail;
  EXPECT_THAT(result.detail, Not(IsEmpty()));
  if (text.size() < 12) return;
  EXPECT_THAT(result.detail, Not(HasSubstr(text.substr(text.size() - 12))));
}

TEST(ApiKeySet, AcceptsAKey) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys, {.scopes = {"b.write", "a.read"}});
  AddKey("other", &keys);
  const auto set = SetOf(keys);
  const ApiKeyResult result = set->Verify(text, kNow);
  ASSERT_NE(result.key, nullptr) << result.detail;
  EXPECT_EQ(result.refusal, ApiKeyRefusal::kNone);
  EXPECT_EQ(result.detail, "");
  EXPECT_EQ(result.key->id(), "billing");
  EXPECT_EQ(result.key->subject(), "shop");
  EXPECT_THAT(result.key->scopes(), ElementsAre("a.read", "b.write"));
  EXPECT_EQ(result.key->not_before(), absl::InfinitePast());
  EXPECT_EQ(result.key->expires_at(), absl::InfiniteFuture());
  // The same object each time: what is remembered by it is found again.
  EXPECT_EQ(set->Verify(text, kNow).key, result.key);
}

TEST(ApiKeySet, RefusesWhatIsNoKeyOfIts) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  const std::string other = AddKey("other", &keys);
  v1::ApiKeys elsewhere;
  const std::string foreign = AddKey("foreign", &elsewhere);
  const auto set = SetOf(keys);
  ExpectRefused(*set, WithWrongSecret(text), ApiKeyRefusal::kUnknown);
  ExpectRefused(*set, foreign, ApiKeyRefusal::kUnknown);
  // One key's secret with another's id.
  ExpectRefused(*set, "wk_billing." + other.substr(other.find('.') + 1), ApiKeyRefusal::kUnknown);
  ExpectRefused(*set, "", ApiKeyRefusal::kMalformed);
  ExpectRefused(*set, text + "A", ApiKeyRefusal::kMalformed);
  ExpectRefused(*set, std::string(1 << 20, 'A'), ApiKeyRefusal::kMalformed);
  ExpectRefused(*SetOf({}), text, ApiKeyRefusal::kUnknown);
}

TEST(ApiKeySet, AnUnknownIdIsNotRepeatedToTheOperator) {
  const ApiKeyResult result = SetOf({})->Verify("wk_secret-thing." + std::string(43, 'A'), kNow);
  EXPECT_THAT(result.detail, Not(HasSubstr("secret-thing")));
}

TEST(ApiKeySet, AnotherHashSecretKnowsNoKey) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  const auto set = ApiKeySet::Create({keys, {}, {}}, Hasher('t')).value();
  ExpectRefused(*set, text, ApiKeyRefusal::kUnknown);
}

TEST(ApiKeySet, AHashMovedToAnotherIdIsNoKey) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  v1::ApiKeys moved;
  (*moved.mutable_keys())["admin"] = keys.keys().at("billing");
  ExpectRefused(*SetOf(moved), "wk_admin." + text.substr(text.find('.') + 1),
                ApiKeyRefusal::kUnknown);
}

TEST(ApiKeySet, TimesCountToTheSecond) {
  v1::ApiKeys keys;
  const std::string text =
      AddKey("billing", &keys, {.not_before = kNow, .expires = kNow + absl::Minutes(1)});
  const auto set = SetOf(keys);
  const absl::Duration least = absl::Nanoseconds(1);
  ExpectRefused(*set, text, ApiKeyRefusal::kNotYetValid, kNow - least);
  EXPECT_NE(set->Verify(text, kNow).key, nullptr);
  EXPECT_NE(set->Verify(text, kNow + absl::Minutes(1) - least).key, nullptr);
  ExpectRefused(*set, text, ApiKeyRefusal::kExpired, kNow + absl::Minutes(1));
}

TEST(ApiKeySet, OnlyWhoKnowsTheSecretLearnsThatItIsDisabledOrExpired) {
  v1::ApiKeys keys;
  const std::string disabled = AddKey("disabled", &keys);
  const std::string expired = AddKey("expired", &keys, {.expires = kNow});
  ASSERT_TRUE(SetApiKeyDisabled("disabled", true, &keys).ok());
  const auto set = SetOf(keys);
  ExpectRefused(*set, disabled, ApiKeyRefusal::kDisabled);
  ExpectRefused(*set, WithWrongSecret(disabled), ApiKeyRefusal::kUnknown);
  ExpectRefused(*set, expired, ApiKeyRefusal::kExpired);
  ExpectRefused(*set, WithWrongSecret(expired), ApiKeyRefusal::kUnknown);
}

TEST(ApiKeySet, RotatedSecretsOverlap) {
  v1::ApiKeys keys;
  const std::string old = AddKey("billing", &keys);
  const std::string fresh =
      *RotateApiKey("billing", absl::Hours(1), std::nullopt, *Hasher(), kNow, &keys);
  const auto set = SetOf(keys);
  const absl::Time end = kNow + absl::Hours(1);
  EXPECT_NE(set->Verify(old, end - absl::Seconds(1)).key, nullptr);
  EXPECT_EQ(set->Verify(old, kNow).key->expires_at(), end);
  ExpectRefused(*set, old, ApiKeyRefusal::kExpired, end);
  EXPECT_EQ(set->Verify(fresh, kNow).key->expires_at(), absl::InfiniteFuture());
  EXPECT_NE(set->Verify(fresh, end).key, nullptr);
}

TEST(ApiKeySet, LaterSetsSayWhetherAKeyIsStillGood) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  const auto key = SetOf(keys)->Verify(text, kNow).key;
  const absl::Time end = kNow + absl::Hours(1);
  EXPECT_EQ(SetOf(keys)->CheckStill(*key, kNow), ApiKeyRefusal::kNone);
  EXPECT_EQ(SetOf({})->CheckStill(*key, kNow), ApiKeyRefusal::kUnknown);
  v1::ApiKeys rotated = keys;
  ASSERT_TRUE(
      RotateApiKey("billing", absl::Hours(1), std::nullopt, *Hasher(), kNow, &rotated).ok());
  EXPECT_EQ(SetOf(rotated)->CheckStill(*key, end - absl::Seconds(1)), ApiKeyRefusal::kNone);
  EXPECT_EQ(SetOf(rotated)->CheckStill(*key, end), ApiKeyRefusal::kExpired);
  ASSERT_TRUE(
      RotateApiKey("billing", absl::ZeroDuration(), std::nullopt, *Hasher(), kNow, &rotated).ok());
  EXPECT_EQ(SetOf(rotated)->CheckStill(*key, kNow), ApiKeyRefusal::kUnknown);
  ASSERT_TRUE(SetApiKeyDisabled("billing", true, &keys).ok());
  EXPECT_EQ(SetOf(keys)->CheckStill(*key, kNow), ApiKeyRefusal::kDisabled);
}

TEST(ApiKeySet, LastUseIsCoarseAndOutlivesTheSet) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  const std::string never = AddKey("never", &keys);
  ApiKeyRecords records{keys, {}, {}};
  records.last_used["never"] = 7;
  const auto set = ApiKeySet::Create(records, Hasher()).value();
  set->Verify(WithWrongSecret(text), kNow);
  EXPECT_EQ(set->LastUses(), (ApiKeyTimes{{"never", 7}}));
  const int64_t first = absl::ToUnixSeconds(kNow);
  set->Verify(text, kNow);
  set->Verify(text, kNow + absl::Seconds(59));
  EXPECT_EQ(set->LastUses().at("billing"), first);
  const auto next = SetOf(keys, set.get());
  EXPECT_EQ(next->LastUses().at("billing"), first);
  next->Verify(text, kNow + absl::Seconds(60));
  EXPECT_EQ(next->LastUses().at("billing"), first + 60);
  // The clock was set back.
  next->Verify(text, kNow - absl::Hours(1));
  EXPECT_EQ(next->LastUses().at("billing"), first + 60);
}

TEST(ApiKeyStore, GivesEachVerificationOneWholeSet) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  const auto with = SetOf(keys);
  ASSERT_TRUE(SetApiKeyDisabled("billing", true, &keys).ok());
  const auto without = SetOf(keys);
  ApiKeyStore store(with);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const ApiKeyResult result = store.Verify(text, kNow);
        if (result.key == nullptr && result.refusal != ApiKeyRefusal::kDisabled) ++wrong;
      }
    });
  }
  for (int i = 0; i < 1000; ++i) store.Replace(i % 2 == 0 ? without : with);
  store.Replace(without);
  EXPECT_EQ(store.Verify(text, kNow).refusal, ApiKeyRefusal::kDisabled);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace warden
