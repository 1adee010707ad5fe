// The patterns of each attack. They are compared with folded and decoded text (decode.h): lower
// case, bytes for characters.
#ifndef WARDEN_INTERCEPTORS_CONTENT_ATTACK_PATTERNS_H_
#define WARDEN_INTERCEPTORS_CONTENT_ATTACK_PATTERNS_H_

#include <string_view>

#include "interceptors/content/attack.h"

namespace warden::content {

// Whether a pattern of the attack is found in the text; always false for attacks that are not about
// patterns. Linear in the text's size. Thread-safe.
bool MatchesPattern(Attack attack, std::string_view text);

}  // namespace warden::content

#endif  // WARDEN_INTERCEPTORS_CONTENT_ATTACK_PATTERNS_H_
