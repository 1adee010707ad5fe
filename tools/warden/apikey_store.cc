#include "tools/warden/apikey_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "authz/apikey/check.h"
#include "authz/apikey/sqlite_file.h"
#include "authz/apikey/yaml_file.h"
#include "authz/config/yaml_loader.h"
#include "tools/warden/token_files.h"

namespace warden::cli {
namespace {

// Holds a lock on the file's folder: the file itself is replaced.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& file)
      : fd_(open((file.has_parent_path() ? file.parent_path() : ".").c_str(),
                 O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ < 0 || flock(fd_, LOCK_EX) != 0) error_ = errno;
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  int error() const { return error_; }

 private:
  const int fd_;
  int error_ = 0;
};

class YamlStore final : public KeyStore {
 public:
  YamlStore(std::string path, Mode mode) : path_(Resolved(path)), mode_(mode) {}

  absl::StatusOr<ApiKeyRecords> Read() override {
    std::string text;
    const absl::Status read = ReadBoundedFile(path_, kMaxApiKeyFileBytes, &text);
    if (absl::IsNotFound(read) && mode_ == Mode::kCreate) return ApiKeyRecords{};
    if (!read.ok()) return read;
    absl::StatusOr<ApiKeyRecords> records = ParseApiKeys(text, path_);
    if (!records.ok()) return records;
    // A file that the server would not load is not made worse.
    const absl::Status good = CheckApiKeys(records->keys, records->places);
    if (!good.ok()) return good;
    return records;
  }

  absl::Status Edit(const std::function<absl::Status(v1::ApiKeys*)>& change) override {
    const FolderLock lock(path_);
    if (lock.error() != 0) return absl::ErrnoToStatus(lock.error(), path_);
    absl::StatusOr<ApiKeyRecords> records = Read();
    if (!records.ok()) return records.status();
    if (absl::Status changed = change(&records->keys); !changed.ok()) return changed;
    return WriteWholly(path_, FormatApiKeys(records->keys), ModeOf(path_), /*overwrite=*/true);
  }

 private:
  // A link goes on to be one.
  static std::string Resolved(const std::string& path) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(path, error);
    return error ? path : real.string();
  }
  static unsigned ModeOf(const std::string& path) {
    struct stat facts = {};
    return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0600U;
  }

  const std::string path_;
  const Mode mode_;
};

class SqliteStore final : public KeyStore {
 public:
  explicit SqliteStore(std::unique_ptr<ApiKeyDatabase> database) : database_(std::move(database)) {}
  absl::StatusOr<ApiKeyRecords> Read() override { return database_->Read(); }
  absl::Status Edit(const std::function<absl::Status(v1::ApiKeys*)>& change) override {
    return database_->Edit(change);
  }

 private:
  const std::unique_ptr<ApiKeyDatabase> database_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KeyStore>> KeyStore::Open(const std::string& file,
                                                         const std::string& sqlite_file,
                                                         Mode mode) {
  if (file.empty() == sqlite_file.empty()) {
    return absl::InvalidArgumentError("give exactly one of --file and --sqlite");
  }
  if (!file.empty()) return std::make_unique<YamlStore>(file, mode);
  absl::StatusOr<std::unique_ptr<ApiKeyDatabase>> database =
      ApiKeyDatabase::Open(sqlite_file, mode == Mode::kCreate ? ApiKeyDatabase::Mode::kCreate
                                                              : ApiKeyDatabase::Mode::kExisting);
  if (!database.ok()) return database.status();
  return std::make_unique<SqliteStore>(*std::move(database));
}

}  // namespace warden::cli
