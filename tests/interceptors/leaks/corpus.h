// Texts that leak, and texts that look as if they did.
#ifndef WARDEN_TESTS_INTERCEPTORS_LEAKS_CORPUS_H_
#define WARDEN_TESTS_INTERCEPTORS_LEAKS_CORPUS_H_

#include <string>
#include <vector>

#include "interceptors/leaks/leak_detector.h"

namespace warden::testing {

struct LeakyText {
  Leak leak;
  std::string text;
};

// Secrets are put together here, of random letters, so that no scanner of sources finds one.
std::vector<LeakyText> LeakyTexts();
// What answers of good servers hold.
std::vector<std::string> HarmlessTexts();

}  // namespace warden::testing

#endif  // WARDEN_TESTS_INTERCEPTORS_LEAKS_CORPUS_H_
