// Compressed answers (RFC 1952).
#ifndef WARDEN_INTERCEPTORS_ADMIN_GZIP_H_
#define WARDEN_INTERCEPTORS_ADMIN_GZIP_H_

#include <optional>
#include <string>
#include <string_view>

namespace warden {

// Nullopt where zlib has no memory. Thread-safe.
std::optional<std::string> Gzip(std::string_view text);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_GZIP_H_
