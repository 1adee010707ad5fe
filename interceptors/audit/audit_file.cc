#include "interceptors/audit/audit_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr mode_t kMode = 0600;
constexpr mode_t kForbidden = 0037;  // the group may be let read

absl::Status Failed(const std::string& what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(error)));
}

absl::Status CheckFile(int fd, const std::string& name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Failed(name, errno);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": is not a regular file"));
  }
  if (status.st_uid != ::geteuid()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": belongs to another user; `chown` it to the server's"));
  }
  if ((status.st_mode & kForbidden) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": others can read or write it, or the group write it; `chmod 600` it"));
  }
  return absl::OkStatus();
}

}  // namespace

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

std::string AuditFile::Full(const std::string& name) const {
  return (std::filesystem::path(folder_) / name).string();
}

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(const std::string& path,
                                                           const HashChain& chain) {
  std::unique_ptr<AuditFile> file(new AuditFile);
  file->path_ = path;
  const std::filesystem::path parts(path);
  file->base_ = parts.filename().string();
  file->folder_ = parts.has_parent_path() ? parts.parent_path().string() : ".";
  if (file->base_.empty() || file->base_ == "." || file->base_ == "..") {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is not the name of a file"));
  }
  if (const absl::Status status = file->OpenFolder(); !status.ok()) return status;
  if (const absl::Status status = file->Lock(); !status.ok()) return status;
  absl::StatusOr<OwnedFd> fd = file->OpenAt(file->base_, O_CREAT | O_APPEND);
  if (!fd.ok()) return fd.status();
  file->file_ = *std::move(fd);
  if (const absl::Status status = file->FindTail(chain); !status.ok()) return status;
  return file;
}

absl::Status AuditFile::OpenFolder() {
  OwnedFd fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder_, ": ", std::strerror(errno),
                     "; the audit log's folder must be there: make it with "
                     "`install -d -m 700`"));
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Failed(folder_, errno);
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder_,
                     ": everybody can write this folder, and so replace the audit log; "
                     "`chmod o-w` it"));
  }
  folder_fd_ = std::move(fd);
  return absl::OkStatus();
}

absl::Status AuditFile::Lock() {
  absl::StatusOr<OwnedFd> fd = OpenAt(base_ + ".lock", O_CREAT);
  if (!fd.ok()) return fd.status();
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": another server writes this audit log; give each a file of its own"));
  }
  lock_ = *std::move(fd);
  return absl::OkStatus();
}

absl::StatusOr<OwnedFd> AuditFile::OpenAt(const std::string& name, int flags) const {
  // Non-blocking, so that a pipe in the file's place cannot hold us up; files do not heed it.
  OwnedFd fd(::openat(folder_fd_.get(), name.c_str(),
                      flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kMode));
  const int error = errno;
  if (!fd.ok() && error == ENOENT) return absl::NotFoundError(Full(name));
  if (!fd.ok() && error == ELOOP) {
    return absl::InvalidArgumentError(absl::StrCat(
        Full(name), ": is a symbolic link, which is not followed; name the file itself"));
  }
  if (!fd.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(Full(name), ": ", std::strerror(error),
                                                   "; the server must be able to write it"));
  }
  if (const absl::Status status = CheckFile(fd.get(), Full(name)); !status.ok()) return status;
  return fd;
}

absl::Status AuditFile::FindTail(const HashChain& chain) {
  absl::StatusOr<LogTail> tail = ReadLogTail(file_.get(), path_, chain);
  if (!tail.ok()) return tail.status();
  found_ = *std::move(tail);
  size_ = found_.good_bytes;
  ragged_ = found_.torn_bytes > 0;
  found_in_ = base_;
  if (found_.last.has_value()) return absl::OkStatus();
  // Rotated by somebody else while no server ran, or just before one died.
  const std::string previous = base_ + ".1";
  const absl::StatusOr<OwnedFd> fd = OpenAt(previous, 0);
  if (absl::IsNotFound(fd.status())) return absl::OkStatus();
  if (!fd.ok()) return fd.status();
  tail = ReadLogTail(fd->get(), Full(previous), chain);
  if (!tail.ok()) return tail.status();
  if (tail->torn_bytes > 0 && ::ftruncate(fd->get(), static_cast<off_t>(tail->good_bytes)) != 0) {
    return Failed(Full(previous), errno);
  }
  if (found_.torn_bytes > 0 && tail->torn_bytes == 0) {
    tail->torn_bytes = found_.torn_bytes;
    tail->torn = found_.torn;
  }
  found_ = *std::move(tail);
  found_in_ = previous;
  return absl::OkStatus();
}

absl::Status AuditFile::RemoveTorn() {
  if (!ragged_) return absl::OkStatus();
  if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return Failed(path_, errno);
  ragged_ = false;
  return absl::OkStatus();
}

absl::Status AuditFile::Append(std::string_view bytes) {
  if (const absl::Status status = RemoveTorn(); !status.ok()) return status;
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t more = ::write(file_.get(), bytes.data() + written, bytes.size() - written);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) {
      const int error = more == 0 ? EIO : errno;
      ragged_ = written > 0;
      (void)RemoveTorn();  // else before the next attempt
      return Failed(path_, error);
    }
    written += static_cast<size_t>(more);
  }
  size_ += bytes.size();
  return absl::OkStatus();
}

absl::Status AuditFile::Sync() {
  return ::fdatasync(file_.get()) == 0 ? absl::OkStatus() : Failed(path_, errno);
}

absl::Status AuditFile::Rotate(uint32_t max_files) {
  const auto name = [this](uint32_t number) {
    return number == 0 ? base_ : absl::StrCat(base_, ".", number);
  };
  for (uint32_t number = max_files - 1; number-- > 0;) {
    const std::string from = name(number);
    const int renamed =
        ::renameat(folder_fd_.get(), from.c_str(), folder_fd_.get(), name(number + 1).c_str());
    if (renamed != 0 && errno != ENOENT) return Failed(Full(from), errno);
  }
  // With one file to be kept there is nothing to rename: the old one goes.
  if (max_files == 1 && ::unlinkat(folder_fd_.get(), base_.c_str(), 0) != 0 && errno != ENOENT) {
    return Failed(path_, errno);
  }
  absl::StatusOr<OwnedFd> fd = OpenAt(base_, O_CREAT | O_APPEND | O_EXCL);
  if (!fd.ok()) {
    // The old one gets its name back, so that a restart finds it.
    if (max_files > 1) {
      (void)::renameat(folder_fd_.get(), name(1).c_str(), folder_fd_.get(), base_.c_str());
    }
    return fd.status();
  }
  file_ = *std::move(fd);
  size_ = 0;
  ragged_ = false;
  (void)::fsync(folder_fd_.get());
  return absl::OkStatus();
}

AuditFile::Change AuditFile::Look() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || status.st_nlink == 0) return Change::kGone;
  if (!ragged_ && static_cast<uint64_t>(status.st_size) != size_) return Change::kAltered;
  return Change::kNone;
}

absl::StatusOr<bool> AuditFile::Reopen() {
  absl::StatusOr<OwnedFd> fd = OpenAt(base_, O_CREAT | O_APPEND);
  if (!fd.ok()) return fd.status();
  struct stat before {};
  struct stat now {};
  if (::fstat(file_.get(), &before) != 0 || ::fstat(fd->get(), &now) != 0) {
    return Failed(path_, errno);
  }
  if (before.st_dev == now.st_dev && before.st_ino == now.st_ino) return false;
  if (now.st_size != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, ": a file that is not empty is in the audit log's place; move it away"));
  }
  file_ = *std::move(fd);
  size_ = 0;
  ragged_ = false;
  return true;
}

}  // namespace warden
