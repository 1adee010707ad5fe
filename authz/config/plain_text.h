// Texts of one line, that people write about an entry of a list or that name it.
#ifndef WARDEN_AUTHZ_CONFIG_PLAIN_TEXT_H_
#define WARDEN_AUTHZ_CONFIG_PLAIN_TEXT_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace warden {

// InvalidArgument: more than `max_bytes`, a control character, or not UTF-8. Line breaks separate
// the parts of stored texts; other control characters only mislead who reads them. The message
// begins with `name`.
absl::Status CheckPlainText(std::string_view name, std::string_view text, size_t max_bytes);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_PLAIN_TEXT_H_
