#include "authz/apikey/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/apikey/sqlite_file.h"
#include "authz/apikey/yaml_file.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using testing::AddKey;
using testing::Hasher;
using testing::kNow;
using testing::TemporaryFolder;

TEST(ApiKeyFileSource, LoadsAgainWhatHasChanged) {
  const TemporaryFolder folder;
  const auto source = ApiKeySource::File(folder.file("keys.yaml"), Hasher());
  EXPECT_TRUE(absl::IsNotFound(source->Load(nullptr).status()));
  v1::ApiKeys keys;
  const std::string text = AddKey("billing", &keys);
  folder.Write("keys.yaml", FormatApiKeys(keys));
  const auto first = source->Load(nullptr);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_NE((*first)->Verify(text, kNow).key, nullptr);
  EXPECT_EQ(source->Load(first->get()).value(), nullptr);
  folder.Write("keys.yaml", "keys: nonsense\n");
  EXPECT_TRUE(absl::IsInvalidArgument(source->Load(first->get()).status()));
  EXPECT_EQ(source->Load(first->get()).value(), nullptr);  // said once
  folder.Write("keys.yaml", FormatApiKeys({}));
  const auto last = source->Load(first->get());
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ((*last)->size(), 0u);
  EXPECT_TRUE(source->SaveLastUses(**last).ok());
}

#ifdef WARDEN_HAS_SQLITE
TEST(ApiKeySqliteSource, LoadsAgainWhatHasChangedAndWritesLastUses) {
  const TemporaryFolder folder;
  const std::string path = folder.file("keys.db");
  const auto edit = [&](const std::function<absl::Status(v1::ApiKeys*)>& change) {
    return (*ApiKeyDatabase::Open(path, ApiKeyDatabase::Mode::kCreate))->Edit(change);
  };
  const auto source = ApiKeySource::Sqlite(path, Hasher());
  EXPECT_TRUE(absl::IsNotFound(source->Load(nullptr).status()));
  std::string text;
  const auto add = [&](v1::ApiKeys* keys) {
    text = AddKey("billing", keys);
    return absl::OkStatus();
  };
  ASSERT_TRUE(edit(add).ok());
  const auto first = source->Load(nullptr);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE((*first)->Verify(text, kNow).key, nullptr);
  ASSERT_TRUE(source->SaveLastUses(**first).ok());
  // Its own writing is no change.
  EXPECT_EQ(source->Load(first->get()).value(), nullptr);
  const auto records = (*ApiKeyDatabase::Open(path, ApiKeyDatabase::Mode::kExisting))->Read();
  EXPECT_EQ(records->last_used.at("billing"), absl::ToUnixSeconds(kNow));
  ASSERT_TRUE(
      edit([](v1::ApiKeys* keys) { return SetApiKeyDisabled("billing", true, keys); }).ok());
  const auto second = source->Load(first->get());
  ASSERT_TRUE(second.ok() && *second != nullptr) << second.status();
  EXPECT_EQ((*second)->Verify(text, kNow).refusal, ApiKeyRefusal::kDisabled);
  // Another database takes the first one's place.
  std::filesystem::remove(path);
  EXPECT_TRUE(absl::IsNotFound(source->Load(second->get()).status()));
  ASSERT_TRUE(edit(add).ok());
  const auto third = source->Load(second->get());
  ASSERT_TRUE(third.ok() && *third != nullptr) << third.status();
  EXPECT_NE((*third)->Verify(text, kNow).key, nullptr);
}
#endif

}  // namespace
}  // namespace warden
