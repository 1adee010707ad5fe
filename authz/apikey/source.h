// Where a server's API keys come from, and come from again when they have changed.
#ifndef WARDEN_AUTHZ_APIKEY_SOURCE_H_
#define WARDEN_AUTHZ_APIKEY_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authz/apikey/hasher.h"
#include "authz/apikey/key_set.h"

namespace warden {

// One thread at a time.
class ApiKeySource {
 public:
  // Of a YAML file, which is read at each Load and believed to have changed where its bytes have.
  static std::unique_ptr<ApiKeySource> File(std::string path,
                                            std::shared_ptr<const ApiKeyHasher> hasher);
  // Of a database. Opened at the first Load, and again after an error.
  static std::unique_ptr<ApiKeySource> Sqlite(std::string path,
                                              std::shared_ptr<const ApiKeyHasher> hasher);
  virtual ~ApiKeySource() = default;

  // The keys as they stand now; null if they are those of the last Load, which may have been an
  // error. `before` gives the times of last use, and may be null.
  virtual absl::StatusOr<std::shared_ptr<const ApiKeySet>> Load(const ApiKeySet* before) = 0;

  // Writes down when keys were last used, where the store can (only a database can).
  virtual absl::Status SaveLastUses(const ApiKeySet& set) = 0;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_SOURCE_H_
