// Whether a text looks like an attack on what a handler may pass it to: a database, a browser, a
// shell. A second line behind parameterised queries and escaping, never instead of them.
// docs/content-rules.md says what is found, and how often wrongly.
#ifndef WARDEN_INTERCEPTORS_CONTENT_ATTACK_H_
#define WARDEN_INTERCEPTORS_CONTENT_ATTACK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace warden::content {

// warden.v1.Attack, in its order, without the first two.
enum class Attack : uint8_t {
  kSql,
  kNosql,
  kXss,
  kPathTraversal,
  kCommand,
  kLdap,
  kTemplate,
  kHeader,
  kControlChars,
  kBidi,
};
inline constexpr size_t kAttacks = 10;

// A bit for each attack.
using AttackSet = uint32_t;
constexpr AttackSet Bit(Attack attack) { return AttackSet{1} << static_cast<uint32_t>(attack); }
inline constexpr AttackSet kAllAttacks = (AttackSet{1} << kAttacks) - 1;

// "sql", "path_traversal": as rule ids have it.
std::string_view NameOf(Attack attack);
// "SQL injection": as violations have it.
std::string_view WordsOf(Attack attack);
// The attacks that a number of warden.v1.Attack stands for; none for one that is not known.
AttackSet FromNumber(int number);

// Longer texts cannot be judged.
inline constexpr size_t kMaxTextBytes = size_t{1} << 20;

// Which of `wanted` the text looks like; all of `wanted` where it is too long to be judged. Texts
// are compared in several forms, so that percent-encoding, HTML entities, other spellings of the
// same character and comments do not hide anything. Time and memory are linear in the text's size,
// whatever it is. Thread-safe. The patterns are compiled at the first call.
AttackSet FindAttacks(std::string_view text, AttackSet wanted);

}  // namespace warden::content

#endif  // WARDEN_INTERCEPTORS_CONTENT_ATTACK_H_
