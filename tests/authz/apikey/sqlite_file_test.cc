#include "authz/apikey/sqlite_file.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::AddKey;
using testing::Hasher;
using testing::kNow;
using testing::TemporaryFolder;
using Mode = ApiKeyDatabase::Mode;

class ApiKeyDatabaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<ApiKeyDatabase> Open() {
    return ApiKeyDatabase::Open(path_, Mode::kCreate).value();
  }
  v1::ApiKeys Keys() { return Open()->Read().value().keys; }
  // What another program may have done to the file.
  void Tamper(const char* text) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, text, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.file("keys.db");
};

TEST_F(ApiKeyDatabaseTest, KeepsKeys) {
  v1::ApiKeys made;
  AddKey("plain", &made);
  AddKey("full", &made,
         {.description = "'; DROP TABLE api_keys; --", .scopes = {"a", "b"}, .expires = kNow});
  ASSERT_TRUE(RotateApiKey("full", absl::Hours(1), kNow, *Hasher(), kNow, &made).ok());
  ASSERT_TRUE(Open()
                  ->Edit([&](v1::ApiKeys* keys) {
                    *keys = made;
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(MessageDifferencer::Equals(Keys(), made)) << Keys().DebugString();
  ASSERT_TRUE(Open()->Edit([](v1::ApiKeys* keys) { return DeleteApiKey("full", keys); }).ok());
  ASSERT_TRUE(
      Open()->Edit([](v1::ApiKeys* keys) { return SetApiKeyDisabled("plain", true, keys); }).ok());
  made.mutable_keys()->erase("full");
  (*made.mutable_keys())["plain"].set_disabled(true);
  EXPECT_TRUE(MessageDifferencer::Equals(Keys(), made)) << Keys().DebugString();
}

TEST_F(ApiKeyDatabaseTest, IsItsOwnersAlone) {
  Open();
  struct stat facts = {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(ApiKeyDatabaseTest, AFailedEditChangesNothing) {
  const auto database = Open();
  const absl::Status failed = database->Edit([](v1::ApiKeys* keys) {
    AddKey("billing", keys);
    return absl::AbortedError("no");
  });
  EXPECT_TRUE(absl::IsAborted(failed));
  EXPECT_TRUE(Keys().keys().empty());
  // The connection can still be used.
  EXPECT_TRUE(database->Edit([](v1::ApiKeys*) { return absl::OkStatus(); }).ok());
}

TEST_F(ApiKeyDatabaseTest, LastUsesOnlyGrowAndSurviveEdits) {
  const auto database = Open();
  ASSERT_TRUE(database
                  ->Edit([](v1::ApiKeys* keys) {
                    AddKey("billing", keys);
                    return absl::OkStatus();
                  })
                  .ok());
  ASSERT_TRUE(database->WriteLastUses({{"billing", 100}, {"gone", 5}}).ok());
  ASSERT_TRUE(database->WriteLastUses({{"billing", 50}}).ok());
  ASSERT_TRUE(Open()
                  ->Edit([](v1::ApiKeys* keys) { return SetApiKeyDisabled("billing", true, keys); })
                  .ok());
  EXPECT_EQ(database->Read()->last_used, (ApiKeyTimes{{"billing", 100}}));
}

TEST_F(ApiKeyDatabaseTest, TheVersionTellsOfOthersChangesOnly) {
  const auto database = Open();
  const int64_t before = database->Version().value();
  ASSERT_TRUE(database->WriteLastUses({}).ok());
  EXPECT_EQ(database->Version().value(), before);
  ASSERT_TRUE(Open()
                  ->Edit([](v1::ApiKeys* keys) {
                    AddKey("billing", keys);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_NE(database->Version().value(), before);
}

TEST_F(ApiKeyDatabaseTest, RefusesOtherFiles) {
  EXPECT_TRUE(absl::IsNotFound(ApiKeyDatabase::Open(path_, Mode::kExisting).status()));
  folder_.Write("keys.db", "keys: {}\n" + std::string(4096, '#'));
  EXPECT_FALSE(ApiKeyDatabase::Open(path_, Mode::kExisting).ok());
  EXPECT_FALSE(ApiKeyDatabase::Open(path_, Mode::kCreate).ok());
  std::filesystem::remove(path_);
  Tamper("CREATE TABLE theirs (x)");
  for (const Mode mode : {Mode::kExisting, Mode::kCreate}) {
    const absl::Status status = ApiKeyDatabase::Open(path_, mode).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  }
}

TEST_F(ApiKeyDatabaseTest, RefusesAnotherVersion) {
  Open();
  Tamper("PRAGMA user_version = 2");
  EXPECT_TRUE(absl::IsInvalidArgument(ApiKeyDatabase::Open(path_, Mode::kExisting).status()));
}

TEST_F(ApiKeyDatabaseTest, KeysThatWereTamperedWithAreNotLoaded) {
  const auto database = Open();
  ASSERT_TRUE(database
                  ->Edit([](v1::ApiKeys* keys) {
                    AddKey("billing", keys);
                    return absl::OkStatus();
                  })
                  .ok());
  Tamper("UPDATE api_key_secrets SET hash = 'x'");
  EXPECT_TRUE(absl::IsInvalidArgument(ApiKeySet::Create(*database->Read(), Hasher()).status()));
  Tamper("DELETE FROM api_key_secrets");
  EXPECT_TRUE(absl::IsInvalidArgument(ApiKeySet::Create(*database->Read(), Hasher()).status()));
}

}  // namespace
}  // namespace warden
