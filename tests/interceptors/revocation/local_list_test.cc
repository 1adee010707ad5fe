#include "interceptors/revocation/local_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/interceptors/revocation/temporary_folder.h"

namespace warden {
namespace {

using testing::TemporaryFolder;

std::string Yaml(const std::string& id) {
  return absl::StrCat("revocations:\n  - api_key: {id: ", id, "}\n");
}

Revocation ApiKey(const std::string& id) {
  return *NormalRevocation({.key = {RevocationKind::kApiKey, "", id}}, absl::Now());
}

class LocalListTest : public ::testing::Test {
 protected:
  using Reports = std::vector<std::string>;

  bool Revoked(const std::string& id) const {
    return list_.Check({.api_key_id = id}, absl::Now()) == RevocationVerdict::kApiKeyRevoked;
  }
  static Reports Poll(LocalList* local, absl::Time now = absl::Now()) {
    Reports reports;
    local->Poll(now, [&](const absl::Status& status) {
      reports.push_back(absl::StatusCodeToString(status.code()));
    });
    return reports;
  }

  const TemporaryFolder folder_;
  Revocations list_{10};
};

TEST_F(LocalListTest, ChangesOfTheFileTakeEffect) {
  LocalList local(folder_.Write("r.yaml", Yaml("a")), &list_);
  ASSERT_TRUE(local.Load(absl::Now()).ok());
  EXPECT_TRUE(Revoked("a"));
  EXPECT_TRUE(Poll(&local).empty());
  folder_.Write("r.yaml", Yaml("bb"));
  EXPECT_EQ(Poll(&local), Reports{"OK"});
  EXPECT_FALSE(Revoked("a"));
  EXPECT_TRUE(Revoked("bb"));
}

// As if the file's clock had not moved in between.
TEST_F(LocalListTest, AChangeThatCannotBeSeenIsFound) {
  const std::string path = folder_.Write("r.yaml", Yaml("a"));
  const auto time = std::filesystem::last_write_time(path);
  LocalList local(path, &list_);
  ASSERT_TRUE(local.Load(absl::Now()).ok());
  folder_.Write("r.yaml", Yaml("b"));
  std::filesystem::last_write_time(path, time);
  Poll(&local, absl::Now() + absl::Seconds(5));
  EXPECT_TRUE(Revoked("b"));
}

TEST_F(LocalListTest, TheLastGoodListStays) {
  LocalList local(folder_.Write("r.yaml", Yaml("a")), &list_);
  ASSERT_TRUE(local.Load(absl::Now()).ok());
  folder_.Write("r.yaml", "revocations: [nonsense]\n");
  EXPECT_EQ(Poll(&local), Reports{"INVALID_ARGUMENT"});
  EXPECT_TRUE(Revoked("a"));
  EXPECT_TRUE(Poll(&local).empty());  // said once
  std::filesystem::remove(folder_.File("r.yaml"));
  EXPECT_EQ(Poll(&local), Reports{"NOT_FOUND"});
  EXPECT_TRUE(Revoked("a"));
  folder_.Write("r.yaml", Yaml("b"));
  EXPECT_EQ(Poll(&local), Reports{"OK"});
  EXPECT_FALSE(Revoked("a"));
  // Too many for the list.
  std::string many = "revocations:\n";
  for (int i = 0; i < 11; ++i) absl::StrAppend(&many, "  - api_key: {id: k", i, "}\n");
  folder_.Write("r.yaml", many);
  EXPECT_EQ(Poll(&local), Reports{"INVALID_ARGUMENT"});
  EXPECT_TRUE(Revoked("b"));
}

TEST_F(LocalListTest, WritesToTheFile) {
  const std::string path = folder_.Write("r.yaml", Yaml("a"));
  LocalList local(path, &list_);
  ASSERT_TRUE(local.Revoke(ApiKey("b"), absl::Now()).ok());
  EXPECT_TRUE(Revoked("a"));
  EXPECT_TRUE(Revoked("b"));
  EXPECT_EQ(ReadRevocationFile(path, 10, absl::Now())->size(), 2);
  ASSERT_TRUE(local.Lift(ApiKey("b").key, absl::Now()).ok());
  EXPECT_FALSE(Revoked("b"));
  EXPECT_TRUE(absl::IsNotFound(local.Lift(ApiKey("b").key, absl::Now())));
}

TEST_F(LocalListTest, WorksInMemoryAlone) {
  LocalList local("", &list_);
  ASSERT_TRUE(local.Load(absl::Now()).ok());
  ASSERT_TRUE(local.Revoke(ApiKey("b"), absl::Now()).ok());
  EXPECT_TRUE(Revoked("b"));
  EXPECT_TRUE(Poll(&local).empty());
  ASSERT_TRUE(local.Lift(ApiKey("b").key, absl::Now()).ok());
  EXPECT_FALSE(Revoked("b"));
  EXPECT_TRUE(absl::IsNotFound(local.Lift(ApiKey("b").key, absl::Now())));
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(local.Revoke(ApiKey(absl::StrCat(i)), absl::Now()).status().code(),
              i < 10 ? absl::StatusCode::kOk : absl::StatusCode::kResourceExhausted);
  }
}

}  // namespace
}  // namespace warden
