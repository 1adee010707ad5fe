#include "interceptors/revocation/revocation_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/interceptors/revocation/temporary_folder.h"

namespace warden {
namespace {

using testing::TemporaryFolder;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Revocation ApiKey(const std::string& id) {
  return *NormalRevocation({.key = {RevocationKind::kApiKey, "", id}}, kNow);
}

absl::StatusOr<RevocationList> Add(const std::string& path, const Revocation& revocation,
                                   absl::Time now = kNow) {
  return UpdateRevocationFile(path, 100, now,
                              [&](RevocationList* list) { return AddTo(list, revocation, 100); });
}

TEST(RevocationFileTest, IsMadeAndChanged) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.yaml");
  EXPECT_TRUE(absl::IsNotFound(ReadRevocationFile(path, 100, kNow).status()));
  ASSERT_TRUE(Add(path, ApiKey("a")).ok());
  ASSERT_TRUE(Add(path, ApiKey("b")).ok());
  const auto read = ReadRevocationFile(path, 100, kNow);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, (RevocationList{ApiKey("a"), ApiKey("b")}));
  const auto removed = UpdateRevocationFile(
      path, 100, kNow, [](RevocationList* list) { return RemoveFrom(list, ApiKey("a").key); });
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*ReadRevocationFile(path, 100, kNow), RevocationList{ApiKey("b")});
  EXPECT_EQ(folder.files(), 1);  // no temporary file, no lock file
}

TEST(RevocationFileTest, AFailedChangeWritesNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.yaml");
  const auto updated = UpdateRevocationFile(
      path, 100, kNow, [](RevocationList* list) { return RemoveFrom(list, ApiKey("a").key); });
  EXPECT_TRUE(absl::IsNotFound(updated.status()));
  EXPECT_EQ(folder.files(), 0);
  // A file that cannot be understood is not written over.
  folder.Write("r.yaml", "revocations: [{}]\n");
  EXPECT_TRUE(absl::IsInvalidArgument(Add(path, ApiKey("a")).status()));
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "revocations: [{}]");
}

TEST(RevocationFileTest, DropsWhatHasExpiredAndKeepsTheStronger) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.yaml");
  Revocation strong = ApiKey("a");
  strong.expires_at = kNow + absl::Hours(2);
  Revocation weak = ApiKey("a");
  weak.expires_at = kNow + absl::Hours(1);
  ASSERT_TRUE(Add(path, strong).ok());
  EXPECT_EQ(Add(path, weak)->at(0).expires_at, strong.expires_at);
  EXPECT_EQ(*Add(path, ApiKey("b"), strong.expires_at), RevocationList{ApiKey("b")});
}

TEST(RevocationFileTest, KeepsTheModeAndTheLink) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("r.yaml", "revocations: []\n");
  chmod(path.c_str(), 0600);
  std::filesystem::create_symlink(path, folder.File("link.yaml"));
  ASSERT_TRUE(Add(folder.File("link.yaml"), ApiKey("a")).ok());
  EXPECT_TRUE(std::filesystem::is_symlink(folder.File("link.yaml")));
  struct stat status = {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(ReadRevocationFile(path, 100, kNow)->size(), 1);
}

TEST(RevocationFileTest, NoChangeIsLostAmongWriters) {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.yaml");
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int j = 0; j < 10; ++j) EXPECT_TRUE(Add(path, ApiKey(absl::StrCat(i, "-", j))).ok());
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(ReadRevocationFile(path, 100, kNow)->size(), 40);
}

TEST(RevocationFileTest, IsBounded) {
  RevocationList list = {ApiKey("a")};
  EXPECT_TRUE(absl::IsResourceExhausted(AddTo(&list, ApiKey("b"), 1)));
  EXPECT_TRUE(AddTo(&list, ApiKey("a"), 1).ok());
}

}  // namespace
}  // namespace warden
