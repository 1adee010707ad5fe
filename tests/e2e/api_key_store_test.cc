// API keys in a database, as a running server sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "authz/apikey/sqlite_file.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/key_world.h"

namespace warden::testing {
namespace {

constexpr char kSqliteConfig[] = R"(api_keys:
  sqlite_file: keys.db
  hash_secret_file: keys.secret
  reload_interval: 100ms
)";

#ifdef WARDEN_HAS_SQLITE
class DatabaseWorld {
 public:
  DatabaseWorld() : world_({.extra_config = kSqliteConfig}) {
    Edit([&](::warden::v1::ApiKeys* keys) {
      text_ = CreateApiKey({.id = "billing", .subject = "shop", .scopes = {"probe.call"}},
                           world_.hasher(), absl::Now(), keys)
                  .value();
      return absl::OkStatus();
    });
  }
  std::unique_ptr<ApiKeyDatabase> Open() {
    return ApiKeyDatabase::Open((world_.folder() / "keys.db").string(),
                                ApiKeyDatabase::Mode::kCreate)
        .value();
  }
  void Edit(const std::function<absl::Status(::warden::v1::ApiKeys*)>& change) {
    const absl::Status edited = Open()->Edit(change);
    ASSERT_TRUE(edited.ok()) << edited;
  }
  KeyWorld& world() { return world_; }
  const std::string& text() const { return text_; }

 private:
  KeyWorld world_;
  std::string text_;
};

TEST(ApiKeyDatabaseWorld, KeysAreTakenUpWhileTheServerRuns) {
  DatabaseWorld database;
  KeyWorld& world = database.world();
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  const RawCall call = KeyWorld::KeyCall("Unary", database.text());
  {
    const Counted before(world);
    before.ExpectAllowed("Unary", world.Send(call));
  }
  database.Edit([](auto* keys) { return SetApiKeyDisabled("billing", true, keys); });
  EXPECT_TRUE(world.EventuallyRefused(call, BadCredentials("api_key_revoked")));
  database.Edit([](auto* keys) { return SetApiKeyDisabled("billing", false, keys); });
  EXPECT_TRUE(world.EventuallyAllowed(call));
  database.Edit([](auto* keys) { return DeleteApiKey("billing", keys); });
  EXPECT_TRUE(world.EventuallyRefused(call, BadCredentials("api_key_unknown")));
}

TEST(ApiKeyDatabaseWorld, LastUsesAreWrittenDown) {
  DatabaseWorld database;
  KeyWorld& world = database.world();
  ASSERT_TRUE(world.Start().ok());
  const int64_t before = absl::ToUnixSeconds(absl::Now());
  ASSERT_TRUE(world.Send(KeyWorld::KeyCall("Unary", database.text())).ok());
  EXPECT_TRUE(Eventually([&] {
    const auto records = database.Open()->Read();
    return records.ok() && records->last_used.contains("billing");
  }));
  EXPECT_GE(database.Open()->Read()->last_used.at("billing"), before);
}
#else
TEST(ApiKeyDatabaseWorld, AServerWithoutSqliteSaysSo) {
  KeyWorld world({.extra_config = kSqliteConfig});
  const absl::Status started = world.Start();
  EXPECT_THAT(std::string(started.message()), ::testing::HasSubstr("WARDEN_WITH_SQLITE"));
}
#endif

}  // namespace
}  // namespace warden::testing
