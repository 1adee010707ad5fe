#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/keys/key_source.h"

namespace warden {
namespace {

class FileSource final : public KeySource {
 public:
  explicit FileSource(std::string path) : path_(std::move(path)) {}

  void Fetch(Done done) override { done(Read()); }
  void Forget() override { text_.clear(); }

 private:
  // The file's text is compared, and not its time, which does not change with every text.
  absl::StatusOr<FetchedKeys> Read() {
    std::string text;
    if (const absl::Status read = ReadBoundedFile(path_, KeySetOptions{}.max_bytes, &text);
        !read.ok()) {
      return read;  // with the path
    }
    FetchedKeys fetched{.freshness = absl::ZeroDuration()};
    if (!text_.empty() && text == text_) return fetched;
    absl::StatusOr<std::shared_ptr<const KeySet>> keys = KeySet::Parse(text);
    if (!keys.ok()) {
      return absl::Status(keys.status().code(), absl::StrCat(path_, ": ", keys.status().message()));
    }
    fetched.keys = *std::move(keys);
    text_ = std::move(text);
    return fetched;
  }

  const std::string path_;
  std::string text_;  // of the last set that could be used
};

}  // namespace

std::unique_ptr<KeySource> MakeFileSource(const std::string& path) {
  return std::make_unique<FileSource>(path);
}

}  // namespace warden
