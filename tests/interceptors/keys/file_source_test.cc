#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "interceptors/keys/key_source.h"
#include "tests/authz/token/token_test_util.h"
#include "tests/interceptors/keys/key_server.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using testing::JwksOf;
using testing::TestKey;

class FileSourceTest : public ::testing::Test {
 protected:
  FileSourceTest() {
    std::string path = (std::filesystem::temp_directory_path() / "warden-keys-XXXXXX").string();
    folder_ = mkdtemp(path.data());
    source_ = MakeFileSource((folder_ / "jwks.json").string());
  }
  ~FileSourceTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) const { std::ofstream(folder_ / "jwks.json") << text; }
  absl::StatusOr<FetchedKeys> Fetch() {
    absl::StatusOr<FetchedKeys> result = absl::UnknownError("not called");
    source_->Fetch([&](absl::StatusOr<FetchedKeys> fetched) { result = std::move(fetched); });
    return result;
  }

  std::filesystem::path folder_;
  std::unique_ptr<KeySource> source_;
};

TEST_F(FileSourceTest, BringsChangesOnly) {
  Write(JwksOf({&TestKey(Algorithm::kEs256)}));
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(Fetch()->keys, nullptr);
  Write(JwksOf({&TestKey(Algorithm::kEdDsa)}));
  const absl::StatusOr<FetchedKeys> changed = Fetch();
  ASSERT_TRUE(changed.ok() && changed->keys != nullptr);
  EXPECT_EQ(changed->keys->keys()[0].key_id(), "test-EdDSA");
  source_->Forget();
  EXPECT_NE(Fetch()->keys, nullptr);
}

TEST_F(FileSourceTest, NamesTheFileThatIsBad) {
  EXPECT_THAT(std::string(Fetch().status().message()), HasSubstr("jwks.json"));
  for (const char* text : {"", "<html>", R"({"keys":[]})"}) {
    Write(text);
    EXPECT_THAT(std::string(Fetch().status().message()), HasSubstr("jwks.json")) << text;
  }
  Write(std::string((1 << 20) + 1, ' '));
  EXPECT_FALSE(Fetch().ok());
}

TEST_F(FileSourceTest, ABadTextIsNotTakenForTheOneOfBefore) {
  Write("{");
  EXPECT_FALSE(Fetch().ok());
  EXPECT_FALSE(Fetch().ok());
}

}  // namespace
}  // namespace warden
