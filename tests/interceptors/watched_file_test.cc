#include "interceptors/watched_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace warden {
namespace {

TEST(NameFileTest, NamesTheFileOnce) {
  const auto named = [](const char* message) {
    return std::string(NameFile("/etc/a.yaml", absl::InvalidArgumentError(message)).message());
  };
  EXPECT_EQ(named("is empty"), "/etc/a.yaml: is empty");
  EXPECT_EQ(named("/etc/a.yaml:3:5: x: is wrong"), "/etc/a.yaml:3:5: x: is wrong");
  EXPECT_EQ(named("/etc/b.yaml:3:5: x: is wrong"), "/etc/a.yaml: /etc/b.yaml:3:5: x: is wrong");
  EXPECT_EQ(named("/etc/a.yaml: is empty"), "/etc/a.yaml: /etc/a.yaml: is empty");
  EXPECT_EQ(NameFile("a", absl::NotFoundError("b")).code(), absl::StatusCode::kNotFound);
}

class WatchedFileTest : public ::testing::Test {
 protected:
  WatchedFileTest() {
    char name[] = "/tmp/warden-watched-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~WatchedFileTest() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "file"; }
  void Write(const std::string& text) const { std::ofstream(path()) << text; }

  std::filesystem::path folder_;
  int parsed_ = 0;
  bool fussy_ = true;  // refuses what is "bad"
};

TEST_F(WatchedFileTest, SpeaksOfNewsOnlyAndKeepsTheLastGoodContent) {
  WatchedFile<std::string> file(
      path(), 100,
      [this](const std::string& text) -> absl::StatusOr<std::shared_ptr<const std::string>> {
        ++parsed_;
        if (fussy_ && text == "bad") return absl::InvalidArgumentError("is bad");
        return std::make_shared<const std::string>(text);
      });
  ASSERT_FALSE(file.Look().value().ok()) << "there is none";
  EXPECT_FALSE(file.Look().has_value()) << "the same error";
  EXPECT_EQ(file.good(), nullptr);
  Write("one");
  EXPECT_TRUE(file.Look().value().ok());
  EXPECT_FALSE(file.Look().has_value());
  EXPECT_EQ(parsed_, 1);
  EXPECT_EQ(*file.good(), "one");
  Write("bad");
  EXPECT_EQ(file.Look().value().message(), path() + ": is bad");
  EXPECT_FALSE(file.Look().has_value()) << "is judged again, and is no news";
  EXPECT_EQ(parsed_, 3);
  EXPECT_EQ(*file.good(), "one");
  fussy_ = false;  // as where another file, which it hangs on, was mended
  EXPECT_TRUE(file.Look().value().ok());
  EXPECT_EQ(*file.good(), "bad");
  Write(std::string(101, 'x'));
  EXPECT_FALSE(file.Look().value().ok()) << "more than max_bytes";
  EXPECT_EQ(*file.good(), "bad");
}

}  // namespace
}  // namespace warden
