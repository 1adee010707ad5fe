// Where `warden apikey` keeps keys: a YAML file or a database.
#ifndef WARDEN_TOOLS_WARDEN_APIKEY_STORE_H_
#define WARDEN_TOOLS_WARDEN_APIKEY_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authz/apikey/key_set.h"

namespace warden::cli {

class KeyStore {
 public:
  enum class Mode { kExisting, kCreate };

  // Exactly one of the paths is set. `mode` says whether the store may be made.
  static absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& file,
                                                        const std::string& sqlite_file, Mode mode);
  virtual ~KeyStore() = default;

  virtual absl::StatusOr<ApiKeyRecords> Read() = 0;
  // Writes what `change` has made of the keys, unless it fails. Two processes do not lose each
  // other's changes.
  virtual absl::Status Edit(const std::function<absl::Status(v1::ApiKeys*)>& change) = 0;
};

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_APIKEY_STORE_H_
