// JSON as strangers send it: RFC 8259 to the letter, and no text that two parsers read differently.
#ifndef WARDEN_AUTHZ_TOKEN_STRICT_JSON_H_
#define WARDEN_AUTHZ_TOKEN_STRICT_JSON_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

// Parses one JSON text. Refused besides what RFC 8259 refuses: a byte order mark, members with the
// same name in one object (after escapes are read), more than `max_depth` nested objects and
// arrays, numbers outside of double's range. Memory is bounded by the text's size; the parser does
// not recurse.
//
// Errors: InvalidArgument with the offset, and without the text.
absl::StatusOr<nlohmann::json> ParseStrictJson(std::string_view text, size_t max_depth);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_STRICT_JSON_H_
