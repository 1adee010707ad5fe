// The forms that LeakDetector knows. Internal to interceptors/leaks.
#ifndef WARDEN_INTERCEPTORS_LEAKS_LEAK_PATTERNS_H_
#define WARDEN_INTERCEPTORS_LEAKS_LEAK_PATTERNS_H_

#include <string_view>
#include <vector>

#include "interceptors/leaks/leak_detector.h"

namespace warden::leaks {

// All in RE2's syntax, matching anywhere, on bytes.
struct LeakPattern {
  Leak leak = Leak::kPrivateKey;
  const char* hint = "";       // what every match has in it, cheap to look for
  const char* form = "";       // the whole of it
  const char* mask = nullptr;  // what is taken out of a log where that is more than `form`
  // Says of a match of `form` whether it is one; null where every match is.
  bool (*verify)(std::string_view match) = nullptr;
};

// In the order of their kinds.
const std::vector<LeakPattern>& LeakPatterns();

}  // namespace warden::leaks

#endif  // WARDEN_INTERCEPTORS_LEAKS_LEAK_PATTERNS_H_
