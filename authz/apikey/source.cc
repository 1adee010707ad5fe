#include "authz/apikey/source.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

#include "authz/apikey/sqlite_file.h"
#include "authz/apikey/yaml_file.h"
#include "authz/config/yaml_loader.h"

namespace warden {
namespace {

using LoadedKeys = absl::StatusOr<std::shared_ptr<const ApiKeySet>>;

class FileSource final : public ApiKeySource {
 public:
  FileSource(std::string path, std::shared_ptr<const ApiKeyHasher> hasher)
      : path_(std::move(path)), hasher_(std::move(hasher)) {}

  LoadedKeys Load(const ApiKeySet* before) override {
    std::string text;
    if (const absl::Status read = ReadBoundedFile(path_, kMaxApiKeyFileBytes, &text); !read.ok()) {
      last_.reset();  // an absent file is an error each time
      return read;
    }
    if (last_ == text) return nullptr;
    last_ = text;
    const absl::StatusOr<ApiKeyRecords> records = ParseApiKeys(text, path_);
    if (!records.ok()) return records.status();
    return ApiKeySet::Create(*records, hasher_, before);
  }

  absl::Status SaveLastUses(const ApiKeySet&) override { return absl::OkStatus(); }

 private:
  const std::string path_;
  const std::shared_ptr<const ApiKeyHasher> hasher_;
  std::optional<std::string> last_;
};

class SqliteSource final : public ApiKeySource {
 public:
  SqliteSource(std::string path, std::shared_ptr<const ApiKeyHasher> hasher)
      : path_(std::move(path)), hasher_(std::move(hasher)) {}

  LoadedKeys Load(const ApiKeySet* before) override {
    LoadedKeys loaded = LoadNow(before);
    if (!loaded.ok() && !absl::IsInvalidArgument(loaded.status())) database_.reset();
    return loaded;
  }

  absl::Status SaveLastUses(const ApiKeySet& set) override {
    if (database_ == nullptr) return absl::OkStatus();
    ApiKeyTimes uses = set.LastUses();
    const ApiKeyTimes all = uses;
    absl::erase_if(uses, [&](const auto& use) {
      const auto saved = saved_.find(use.first);
      return saved != saved_.end() && saved->second == use.second;
    });
    if (uses.empty()) return absl::OkStatus();
    absl::Status written = database_->WriteLastUses(uses);
    if (written.ok()) saved_ = all;
    return written;
  }

 private:
  // Which file the name stands for: a database may be replaced by another one.
  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
  };

  FileId IdNow() const {
    struct stat facts = {};
    if (stat(path_.c_str(), &facts) != 0) return {};
    return {facts.st_dev, facts.st_ino};
  }

  LoadedKeys LoadNow(const ApiKeySet* before) {
    const FileId file = IdNow();
    if (file != opened_) database_.reset();
    opened_ = file;
    if (database_ == nullptr) {
      absl::StatusOr<std::unique_ptr<ApiKeyDatabase>> opened =
          ApiKeyDatabase::Open(path_, ApiKeyDatabase::Mode::kExisting);
      if (!opened.ok()) return opened.status();
      database_ = *std::move(opened);
      version_.reset();
    }
    const absl::StatusOr<int64_t> version = database_->Version();
    if (!version.ok()) return version.status();
    if (version_ == *version) return nullptr;
    // Noted before the keys are read: what changes meanwhile is seen at the next Load.
    version_ = *version;
    absl::StatusOr<ApiKeyRecords> records = database_->Read();
    if (!records.ok()) return records.status();
    if (before == nullptr) saved_ = records->last_used;
    return ApiKeySet::Create(*records, hasher_, before);
  }

  const std::string path_;
  const std::shared_ptr<const ApiKeyHasher> hasher_;
  std::unique_ptr<ApiKeyDatabase> database_;
  std::optional<int64_t> version_;
  ApiKeyTimes saved_;
  FileId opened_;
};

}  // namespace

std::unique_ptr<ApiKeySource> ApiKeySource::File(std::string path,
                                                 std::shared_ptr<const ApiKeyHasher> hasher) {
  return std::make_unique<FileSource>(std::move(path), std::move(hasher));
}

std::unique_ptr<ApiKeySource> ApiKeySource::Sqlite(std::string path,
                                                   std::shared_ptr<const ApiKeyHasher> hasher) {
  return std::make_unique<SqliteSource>(std::move(path), std::move(hasher));
}

}  // namespace warden
