// How long texts can be that a pattern matches. RE2 does not say.
#ifndef WARDEN_TOOLS_WARDEN_PATTERN_LENGTH_H_
#define WARDEN_TOOLS_WARDEN_PATTERN_LENGTH_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace warden::cli {

// Bounds in characters: every text that the pattern matches, anywhere within it, is within them.
// They need not be the tightest.
struct PatternLength {
  static constexpr uint64_t kUnbounded = std::numeric_limits<uint64_t>::max();

  uint64_t min = 0;  // of the match, and so of the text
  uint64_t max =
      kUnbounded;  // of the text: bounded only where the pattern is anchored at both ends
  bool anchored_at_start = false;
};

// Of a pattern that RE2 takes. Nothing where it uses syntax that is not understood here.
std::optional<PatternLength> LengthOf(std::string_view pattern);

// Whether no text that begins with `prefix` can match `pattern`, as far as that is certain.
bool Excludes(std::string_view pattern, std::string_view prefix);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_PATTERN_LENGTH_H_
