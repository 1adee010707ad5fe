// Names for the cases of tables.
#ifndef WARDEN_TESTS_AUTHZ_POLICY_TEST_NAME_H_
#define WARDEN_TESTS_AUTHZ_POLICY_TEST_NAME_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace warden::testing {

// The beginning of `text` with `_` for everything but letters and digits, since ctest's names take
// no more, and a number that tells it from other texts with the same beginning.
inline std::string SafeName(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  uint32_t hash = 2166136261;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  return name + "_" + std::to_string(hash % 100000);
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_POLICY_TEST_NAME_H_
