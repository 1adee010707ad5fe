// Names for the cases of tables.
#ifndef WARDEN_TESTS_AUTHZ_POLICY_TEST_NAME_H_
#define WARDEN_TESTS_AUTHZ_POLICY_TEST_NAME_H_

#include <string>
#include <string_view>

namespace warden::testing {

// The first letters and digits of `text`, with `_` for everything else: ctest's names take no more.
inline std::string SafeName(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  return name;
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_POLICY_TEST_NAME_H_
