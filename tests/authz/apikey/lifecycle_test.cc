#include "authz/apikey/lifecycle.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "authz/apikey/api_key.h"
#include "authz/apikey/check.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::AddKey;
using testing::Hasher;
using testing::kNow;

TEST(ApiKeyLifecycle, KeepsNothingOfTheSecret) {
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  const std::string secret = text.substr(text.find('.') + 1);
  EXPECT_THAT(keys.DebugString(), ::testing::Not(::testing::HasSubstr(secret)));
  EXPECT_THAT(keys.SerializeAsString(), ::testing::Not(::testing::HasSubstr(secret)));
}

TEST(ApiKeyLifecycle, MakesAnIdWhereNoneIsGiven) {
  v1::ApiKeys keys;
  const auto text = CreateApiKey({.subject = "shop"}, *Hasher(), kNow, &keys);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_TRUE(keys.keys().contains(std::string(*IdOfApiKey(*text))));
}

TEST(ApiKeyLifecycle, RefusesWhatAServerWouldNotLoad) {
  v1::ApiKeys keys;
  AddKey("taken", &keys);
  const v1::ApiKeys before = keys;
  NewApiKey many{.subject = "s"};
  for (int i = 0; i < 65; ++i) many.scopes.push_back("s" + std::to_string(i));
  const std::vector<NewApiKey> wrong = {
      {.id = "ab", .subject = "s"},
      {.id = "Upper", .subject = "s"},
      {.id = "a.b", .subject = "s"},
      {.subject = ""},
      {.subject = std::string(129, 's')},
      {.subject = "two\nlines"},
      {.subject = "s", .scopes = {"Not A Name"}},
      {.subject = "s", .scopes = {"a", "a"}},
      {.subject = "s", .not_before = kNow, .expires = kNow},
      many,
  };
  for (const NewApiKey& spec : wrong) {
    const auto made = CreateApiKey(spec, *Hasher(), kNow, &keys);
    EXPECT_TRUE(absl::IsInvalidArgument(made.status())) << made.status();
  }
  EXPECT_TRUE(absl::IsAlreadyExists(
      CreateApiKey({.id = "taken", .subject = "s"}, *Hasher(), kNow, &keys).status()));
  EXPECT_TRUE(MessageDifferencer::Equals(keys, before));
}

TEST(ApiKeyLifecycle, RotationDropsExpiredSecretsAndBoundsTheRest) {
  v1::ApiKeys keys;
  AddKey("billing", &keys);
  const auto rotate = [&](absl::Duration overlap, absl::Time now) {
    return RotateApiKey("billing", overlap, std::nullopt, *Hasher(), now, &keys);
  };
  const auto& secrets = [&]() -> const auto& { return keys.keys().at("billing").secrets(); };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rotate(absl::Hours(1), kNow).ok());
  EXPECT_EQ(secrets().size(), 4);
  EXPECT_TRUE(absl::IsInvalidArgument(rotate(absl::Hours(1), kNow).status()));
  EXPECT_EQ(secrets().size(), 4);
  // A longer overlap does not bring time back that a secret has lost.
  ASSERT_TRUE(rotate(absl::Hours(5), kNow + absl::Hours(1)).ok());
  ASSERT_EQ(secrets().size(), 2);
  EXPECT_EQ(TimeOr(true, secrets()[0].expires(), kNow), kNow + absl::Hours(6));
  EXPECT_FALSE(secrets()[1].has_expires());
  ASSERT_TRUE(rotate(absl::ZeroDuration(), kNow + absl::Hours(2)).ok());
  EXPECT_EQ(secrets().size(), 1);
  EXPECT_FALSE(rotate(-absl::Seconds(1), kNow).ok());
  EXPECT_FALSE(rotate(absl::InfiniteDuration(), kNow).ok());
}

TEST(ApiKeyLifecycle, KeysThatAreNotThereAreNotFound) {
  v1::ApiKeys keys;
  EXPECT_TRUE(absl::IsNotFound(SetApiKeyDisabled("nobody", true, &keys)));
  EXPECT_TRUE(absl::IsNotFound(DeleteApiKey("nobody", &keys)));
  EXPECT_TRUE(absl::IsNotFound(
      RotateApiKey("nobody", absl::Hours(1), std::nullopt, *Hasher(), kNow, &keys).status()));
  AddKey("billing", &keys);
  EXPECT_TRUE(DeleteApiKey("billing", &keys).ok());
  EXPECT_TRUE(keys.keys().empty());
}

}  // namespace
}  // namespace warden
