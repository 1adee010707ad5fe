// A file that is looked at again and again, of which the last good content stays in use.
#ifndef WARDEN_INTERCEPTORS_WATCHED_FILE_H_
#define WARDEN_INTERCEPTORS_WATCHED_FILE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace warden {

// Reads `path` into `*bytes`; what identifies this outcome, content or error, goes to `*state`.
absl::Status ReadWatched(const std::string& path, size_t max_bytes, std::string* bytes,
                         std::string* state);

// The status with `path` before its message, unless that begins with a place in it,
// `path:line:col`.
absl::Status NameFile(const std::string& path, const absl::Status& status);

// Not thread-safe: one thread looks.
template <typename Parsed>
class WatchedFile {
 public:
  using Parse = std::function<absl::StatusOr<std::shared_ptr<const Parsed>>(const std::string&)>;

  WatchedFile(std::string path, size_t max_bytes, Parse parse)
      : path_(std::move(path)), max_bytes_(max_bytes), parse_(std::move(parse)) {}

  // Nullopt where there is nothing new: the same content, good or still bad, or the same error.
  // Content that was bad is judged again each time, since that may hang on other files. Errors name
  // the file.
  std::optional<absl::Status> Look() {
    std::string bytes;
    std::string state;
    absl::Status status = ReadWatched(path_, max_bytes_, &bytes, &state);
    const bool news = state != state_;
    if (!news && good_state_) return std::nullopt;
    state_ = std::move(state);
    if (status.ok()) {
      absl::StatusOr<std::shared_ptr<const Parsed>> parsed = parse_(bytes);
      if (parsed.ok()) {
        good_ = *std::move(parsed);
      } else {
        status = NameFile(path_, parsed.status());
      }
    }
    good_state_ = status.ok();
    if (!news && !good_state_) return std::nullopt;
    return status;
  }

  const std::string& path() const { return path_; }
  const std::shared_ptr<const Parsed>& good() const { return good_; }  // null before the first

 private:
  const std::string path_;
  const size_t max_bytes_;
  const Parse parse_;
  std::string state_;
  bool good_state_ = false;
  std::shared_ptr<const Parsed> good_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_WATCHED_FILE_H_
