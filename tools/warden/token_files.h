// Files of the `warden token` verbs.
#ifndef WARDEN_TOOLS_WARDEN_TOKEN_FILES_H_
#define WARDEN_TOOLS_WARDEN_TOKEN_FILES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace warden::cli {

// The first `max_bytes` bytes of the file, or of standard input for "-".
absl::StatusOr<std::string> ReadAtMost(const std::string& path, size_t max_bytes);

// Writes the whole file or nothing: readers never see a part of it. With `overwrite` false an
// existing file stays and AlreadyExists is the answer.
absl::Status WriteWholly(const std::string& path, std::string_view text, unsigned mode,
                         bool overwrite);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_TOKEN_FILES_H_
