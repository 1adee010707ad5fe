#include "tools/warden/token_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace warden::cli {
namespace {

absl::Status Failure(int error, const std::string& path) {
  return absl::ErrnoToStatus(error, path);
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0;
}

}  // namespace

absl::StatusOr<std::string> ReadAtMost(const std::string& path, size_t max_bytes) {
  const int fd = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failure(errno, path);
  std::string text(max_bytes, '\0');
  size_t size = 0;
  int error = 0;
  while (size < max_bytes) {
    const ssize_t got = read(fd, text.data() + size, max_bytes - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  close(fd);
  if (error != 0) return Failure(error, path);
  text.resize(size);
  return text;
}

absl::Status WriteWholly(const std::string& path, std::string_view text, unsigned mode,
                         bool overwrite) {
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int fd = mkstemp(temporary.data());  // mode 0600
  if (fd < 0) return Failure(errno, path);
  int error = 0;
  if (!WriteAll(fd, text) || fchmod(fd, mode) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0) {
    // link(2) does not replace an existing file, rename(2) does.
    const int made =
        overwrite ? rename(temporary.c_str(), path.c_str()) : link(temporary.c_str(), path.c_str());
    if (made != 0) error = errno;
  }
  unlink(temporary.c_str());
  return error == 0 ? absl::OkStatus() : Failure(error, path);
}

}  // namespace warden::cli
