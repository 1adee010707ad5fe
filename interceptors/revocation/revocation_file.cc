#include "interceptors/revocation/revocation_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/config/yaml_loader.h"
#include "authz/revocation/revocation_proto.h"
#include "interceptors/monotonic.h"

namespace warden {
namespace {

constexpr absl::Duration kMostWaiting = absl::Seconds(3);

// Holds the folder's lock, which leaves no file behind and goes with the process.
class FolderLock {
 public:
  static absl::StatusOr<FolderLock> Take(const std::string& folder) {
    FolderLock lock(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.fd_ < 0) return absl::ErrnoToStatus(errno, folder);
    const absl::Time deadline = MonotonicNow() + kMostWaiting;
    while (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return absl::ErrnoToStatus(errno, folder);
      if (MonotonicNow() > deadline) {
        return absl::UnavailableError(absl::StrCat(folder, ": another process is writing there"));
      }
      absl::SleepFor(absl::Milliseconds(5));
    }
    return lock;
  }
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0;
}

absl::Status ReplaceFile(const std::string& path, std::string_view text) {
  struct stat old = {};
  const mode_t mode = stat(path.c_str(), &old) == 0 ? old.st_mode & 0777 : 0640;
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  int error = 0;
  if (!WriteAll(fd, text) || fchmod(fd, mode) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(temporary.c_str());
  return absl::ErrnoToStatus(error, path);
}

auto FindKey(RevocationList* list, const RevocationKey& key) {
  return std::find_if(list->begin(), list->end(),
                      [&](const Revocation& one) { return one.key == key; });
}

}  // namespace

absl::StatusOr<RevocationList> ReadRevocationFile(const std::string& path, size_t max_entries,
                                                  absl::Time now) {
  std::string text;
  if (absl::Status status = ReadBoundedFile(path, kMaxRevocationsYamlBytes, &text); !status.ok()) {
    return status;
  }
  return ParseRevocations(text, path, max_entries, now);
}

absl::StatusOr<RevocationList> UpdateRevocationFile(
    const std::string& path, size_t max_entries, absl::Time now,
    const std::function<absl::Status(RevocationList*)>& change) {
  // The file itself, not a link to it, is replaced.
  std::error_code none;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(path, none);
  const std::string file = none ? path : resolved.string();
  const std::string folder = std::filesystem::path(file).parent_path().string();
  const absl::StatusOr<FolderLock> lock = FolderLock::Take(folder.empty() ? "." : folder);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<RevocationList> list = ReadRevocationFile(file, max_entries, now);
  if (absl::IsNotFound(list.status())) list = RevocationList();
  if (!list.ok()) return list.status();
  std::erase_if(*list, [now](const Revocation& one) { return now >= one.expires_at; });
  if (absl::Status status = change(&*list); !status.ok()) return status;
  const std::string text = FormatRevocations(*list);
  if (text.size() > kMaxRevocationsYamlBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": the list is too long for a file; use Redis"));
  }
  if (absl::Status status = ReplaceFile(file, text); !status.ok()) return status;
  return list;
}

absl::Status AddTo(RevocationList* list, const Revocation& revocation, size_t max_entries) {
  const auto found = FindKey(list, revocation.key);
  if (found != list->end()) {
    Revocation stronger = revocation;
    Strengthen(&stronger, *found);
    *found = std::move(stronger);
    return absl::OkStatus();
  }
  if (list->size() >= max_entries) {
    return absl::ResourceExhaustedError("the list of revocations is full");
  }
  list->push_back(revocation);
  return absl::OkStatus();
}

absl::Status RemoveFrom(RevocationList* list, const RevocationKey& key) {
  const auto found = FindKey(list, key);
  if (found == list->end()) return absl::NotFoundError("no such revocation");
  list->erase(found);
  return absl::OkStatus();
}

FileSignature SignatureOf(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return {};
  return {status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_size,
          status.st_ino};
}

bool Settled(const FileSignature& signature, absl::Time now) {
  return absl::ToUnixNanos(now) - signature.modified_ns > 2'000'000'000;
}

}  // namespace warden
