// API keys in a SQLite database.
#ifndef WARDEN_AUTHZ_APIKEY_SQLITE_FILE_H_
#define WARDEN_AUTHZ_APIKEY_SQLITE_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authz/apikey/key_set.h"

namespace warden {

// An open database of `warden apikey`. One thread at a time. Waits at most two seconds for another
// process's lock. In a build without SQLite (WARDEN_WITH_SQLITE) Open says so: Unimplemented.
class ApiKeyDatabase {
 public:
  enum class Mode { kExisting, kCreate };

  // NotFound if there is no such file and `mode` is kExisting; kCreate makes one with mode 0600.
  // InvalidArgument if it is a database of something else, or of another version.
  static absl::StatusOr<std::unique_ptr<ApiKeyDatabase>> Open(const std::string& path, Mode mode);

  virtual ~ApiKeyDatabase() = default;
  ApiKeyDatabase(const ApiKeyDatabase&) = delete;
  ApiKeyDatabase& operator=(const ApiKeyDatabase&) = delete;

  // A number that is another one after another connection has changed something.
  virtual absl::StatusOr<int64_t> Version() = 0;
  // As they stand at one moment. InvalidArgument if they are more than kMaxApiKeys.
  virtual absl::StatusOr<ApiKeyRecords> Read() = 0;
  // Reads, lets `change` work on the keys, and writes what it changed, in one transaction: nobody
  // else's change is lost. Nothing is written if `change` fails, and its error is returned.
  virtual absl::Status Edit(const std::function<absl::Status(v1::ApiKeys*)>& change) = 0;
  // Writes times of last use, of keys that are there; an earlier time does not replace a later one.
  virtual absl::Status WriteLastUses(const ApiKeyTimes& uses) = 0;

 protected:
  ApiKeyDatabase() = default;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_SQLITE_FILE_H_
