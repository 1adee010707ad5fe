// The file of an audit log: locked, bounded, rotated, and never left with half a line.
#ifndef WARDEN_INTERCEPTORS_AUDIT_AUDIT_FILE_H_
#define WARDEN_INTERCEPTORS_AUDIT_AUDIT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/audit/hash_chain.h"
#include "interceptors/audit/log_tail.h"

namespace warden {

// An open file descriptor.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  ~OwnedFd();
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Files are made with mode 0600. Symbolic links, files of others, and files that others can write
// or read are refused, as is a folder that others can write; `PATH.lock` is held against a second
// server. Not thread-safe: the log's own thread uses it, once opened.
class AuditFile {
 public:
  // Writes nothing but, where it is not there, an empty file. Errors name the path and what to do.
  static absl::StatusOr<std::unique_ptr<AuditFile>> Open(const std::string& path,
                                                         const HashChain& chain);

  // What was there at Open: of the file, or of the one rotated last where the file is empty.
  const LogTail& found() const { return found_; }
  const std::string& found_in() const { return found_in_; }  // its name without folder
  // Takes the half-written line away that Open found.
  absl::Status RemoveTorn();

  // All of `bytes` or nothing: what was written of them when the disk filled up is taken back.
  absl::Status Append(std::string_view bytes);
  absl::Status Sync();

  // PATH becomes PATH.1, that PATH.2 and so on; the oldest beyond `max_files` goes. The new file is
  // empty. On an error the old one stays in use.
  absl::Status Rotate(uint32_t max_files);

  // What became of the file since the last look.
  enum class Change {
    kNone,
    kGone,     // it was deleted
    kAltered,  // somebody else wrote to it, or cut it
  };
  Change Look() const;

  // Opens what now has the path, where that is another file: after a rotation by somebody else.
  // False where it is still the same. An error where it is not empty or not acceptable; the old one
  // stays in use.
  absl::StatusOr<bool> Reopen();

  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  const std::string& base() const { return base_; }

 private:
  AuditFile() = default;
  absl::Status OpenFolder();
  absl::Status Lock();
  absl::StatusOr<OwnedFd> OpenAt(const std::string& name, int flags) const;
  absl::Status FindTail(const HashChain& chain);
  std::string Full(const std::string& name) const;

  std::string path_, folder_, base_;
  OwnedFd folder_fd_, lock_, file_;
  uint64_t size_ = 0;    // that we know to be good
  bool ragged_ = false;  // there may be more, which could not be taken back
  LogTail found_;
  std::string found_in_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_AUDIT_FILE_H_
