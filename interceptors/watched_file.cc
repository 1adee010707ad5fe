#include "interceptors/watched_file.h"

#include <openssl/evp.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"

namespace warden {

absl::Status ReadWatched(const std::string& path, size_t max_bytes, std::string* bytes,
                         std::string* state) {
  absl::Status status = ReadBoundedFile(path, max_bytes, bytes);
  if (!status.ok()) {
    *state = absl::StrCat("error ", status.message());
    return status;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes->data(), bytes->size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    return absl::InternalError("SHA-256 failed");
  }
  state->assign(reinterpret_cast<const char*>(digest), size);
  return absl::OkStatus();
}

absl::Status NameFile(const std::string& path, const absl::Status& status) {
  // A path alone may be of another file: places have a line.
  if (absl::StartsWith(status.message(), absl::StrCat(path, ":")) &&
      !absl::StartsWith(status.message(), absl::StrCat(path, ": "))) {
    return status;
  }
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace warden
