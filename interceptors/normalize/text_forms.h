// Texts in the form that `string.normalize` asks for.
#ifndef WARDEN_INTERCEPTORS_NORMALIZE_TEXT_FORMS_H_
#define WARDEN_INTERCEPTORS_NORMALIZE_TEXT_FORMS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace warden::normalize {

// warden.v1.Normalization.
enum class Step : uint8_t { kTrim = 1, kNfc, kNfkc, kLower, kUpper, kCollapseSpaces };

// Longer texts are not normalised. NFKC makes a text up to eleven times as long.
inline constexpr size_t kMaxTextBytes = size_t{1} << 20;

enum class Outcome : uint8_t { kSame, kChanged, kNotUtf8, kTooLong };

// Takes the steps one after the other. Where the outcome is kChanged, *out is the new text; else it
// is left alone, and nothing was allocated for a text of ASCII. White space is what has Unicode's
// property White_Space. REQUIRES: HasUnicode(), if any step needs it. Linear. Thread-safe.
Outcome Normalize(std::string_view text, const std::vector<Step>& steps, std::string* out);

// Whether this build has what all steps but kTrim and kCollapseSpaces need: WARDEN_WITH_ICU.
bool HasUnicode();
bool NeedsUnicode(Step step);

// Of a text that is UTF-8, in such a build. unicode_icu.cc.
std::string UnicodeForm(std::string_view text, Step step);

}  // namespace warden::normalize

#endif  // WARDEN_INTERCEPTORS_NORMALIZE_TEXT_FORMS_H_
