// Text from strangers, made harmless for logs.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_SANITIZE_H_
#define WARDEN_INTERCEPTORS_OBSERVE_SANITIZE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace warden {

// `value` as text that cannot harm a terminal, a log viewer or a reader: valid UTF-8, at most
// `max_bytes` long. Control characters, invalid bytes, and the invisible or reordering characters
// of Unicode (bidirectional controls, zero-width, separators, variation selectors, tags, private
// use, noncharacters) become "\x1b" or "\u{202e}" as visible text; a backslash is doubled, so
// nothing else can look like one of these. What is too long ends in "...". Work is linear in the
// lesser of both lengths. REQUIRES: max_bytes >= 3.
std::string Sanitize(std::string_view value, size_t max_bytes);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_SANITIZE_H_
