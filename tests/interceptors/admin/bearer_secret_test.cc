#include "interceptors/admin/bearer_secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BearerSecretTest : public ::testing::Test {
 protected:
  BearerSecretTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "warden-bearer-XXXXXX").string();
    folder_ = mkdtemp(folder.data());
  }
  ~BearerSecretTest() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& text) const {
    const std::string path = (folder_ / "token").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::filesystem::path folder_;
};

constexpr char kToken[] = "0123456789abcdef";

TEST_F(BearerSecretTest, OpensForItsTokenAlone) {
  for (const char* end : {"", "\n", "\r\n"}) {
    const auto secret = BearerSecret::Create(Write(std::string(kToken) + end));
    ASSERT_TRUE(secret.ok()) << secret.status();
    EXPECT_TRUE((*secret)->Opens("Bearer 0123456789abcdef"));
    EXPECT_TRUE((*secret)->Opens("bearer 0123456789abcdef")) << "the scheme has no case";
    for (const char* wrong :
         {"", "Bearer", "Bearer ", "0123456789abcdef", "Basic 0123456789abcdef",
          "Bearer 0123456789abcde", "Bearer 0123456789abcdefg", "Bearer 0123456789ABCDEF",
          "Bearer  0123456789abcdef", "Bearer 0123456789abcdef ", "Bearer\t0123456789abcdef"}) {
      EXPECT_FALSE((*secret)->Opens(wrong)) << wrong;
    }
  }
}

TEST_F(BearerSecretTest, WeakOrUnreadableFilesAreErrorsThatDoNotQuoteThem) {
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("short-secret-15"),
        std::string("a secret with spaces"), std::string("0123456789abcdef\n\n"),
        std::string("0123456789abcde\x7f"), std::string("0123456789\0abcdef", 17),
        std::string("0123456789abcdef\nsecond"), std::string(5000, 'x')}) {
    const auto secret = BearerSecret::Create(Write(text));
    EXPECT_EQ(secret.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(secret.status().message());
    EXPECT_THAT(message, HasSubstr("token"));
    if (text.size() > 2) {
      EXPECT_THAT(message, Not(HasSubstr(text.substr(0, 8))));
    }
  }
  EXPECT_FALSE(BearerSecret::Create((folder_ / "none").string()).ok());
}

TEST_F(BearerSecretTest, RotatesAndKeepsTheLastGoodOne) {
  const auto secret = BearerSecret::Create(Write(kToken));
  ASSERT_TRUE(secret.ok());
  EXPECT_FALSE((*secret)->Look().has_value()) << "nothing new";
  Write("fedcba9876543210");
  const std::optional<absl::Status> rotated = (*secret)->Look();
  ASSERT_TRUE(rotated.has_value());
  EXPECT_TRUE(rotated->ok());
  EXPECT_TRUE((*secret)->Opens("Bearer fedcba9876543210"));
  EXPECT_FALSE((*secret)->Opens("Bearer 0123456789abcdef"));
  Write("short");
  const std::optional<absl::Status> broken = (*secret)->Look();
  ASSERT_TRUE(broken.has_value());
  EXPECT_FALSE(broken->ok());
  EXPECT_FALSE((*secret)->Look().has_value()) << "said once";
  EXPECT_TRUE((*secret)->Opens("Bearer fedcba9876543210"));
  EXPECT_FALSE((*secret)->Opens("Bearer short"));
}

}  // namespace
}  // namespace warden
