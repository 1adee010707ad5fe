#include "authz/identity/fingerprint.h"

#include <cstddef>

#include "absl/strings/ascii.h"

namespace warden {

std::string NormalFingerprint(std::string_view text) {
  constexpr size_t kDigits = 64;
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && i % 3 == 2 && text.size() == kDigits / 2 * 3 - 1) continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return "";
    digits.push_back(absl::ascii_tolower(static_cast<unsigned char>(text[i])));
  }
  return digits.size() == kDigits ? digits : "";
}

}  // namespace warden
