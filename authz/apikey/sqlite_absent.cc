// In place of sqlite_file.cc in a build without SQLite.
#include "authz/apikey/sqlite_file.h"

namespace warden {

absl::StatusOr<std::unique_ptr<ApiKeyDatabase>> ApiKeyDatabase::Open(const std::string& path,
                                                                     Mode) {
  return absl::UnimplementedError(path +
                                  ": this build of Warden has no SQLite; install libsqlite3-dev "
                                  "and build with -DWARDEN_WITH_SQLITE=ON, or keep keys in YAML");
}

}  // namespace warden
