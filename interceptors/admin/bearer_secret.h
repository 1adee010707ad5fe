// The one token that opens the admin port.
#ifndef WARDEN_INTERCEPTORS_ADMIN_BEARER_SECRET_H_
#define WARDEN_INTERCEPTORS_ADMIN_BEARER_SECRET_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace warden {

// Read from a file: printable ASCII without spaces, at least 16 characters; one line break may
// follow. Only its hash is kept. Not thread-safe: one thread looks and compares.
class BearerSecret {
 public:
  static constexpr size_t kLeastCharacters = 16;

  // InvalidArgument, and what reading a file can give; messages name the file and never quote it.
  static absl::StatusOr<std::unique_ptr<BearerSecret>> Create(std::string path);

  // Looks at the file again; one that cannot be used leaves the last good token in force. Nullopt
  // where there is nothing new; else whether it could be used.
  std::optional<absl::Status> Look();

  // Whether the value of an `authorization` header (RFC 6750 section 2.1) carries it. Takes as long
  // whatever of it is wrong.
  bool Opens(std::string_view authorization) const;

 private:
  using Hash = std::array<unsigned char, 32>;
  explicit BearerSecret(std::string path) : path_(std::move(path)) {}
  absl::Status Read(Hash* hash) const;

  const std::string path_;
  Hash hash_{};
  std::string problem_;  // of the last look
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_BEARER_SECRET_H_
