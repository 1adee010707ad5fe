#include "interceptors/content/attack.h"

#include <algorithm>
#include <array>
#include <string>

#include "interceptors/content/attack_patterns.h"
#include "interceptors/content/decode.h"
#include "interceptors/content/fold.h"

namespace warden::content {
namespace {

struct Name {
  std::string_view id;
  std::string_view words;
};

// By Attack.
constexpr std::array<Name, kAttacks> kNames = {{
    {"sql", "SQL injection"},
    {"nosql", "NoSQL injection"},
    {"xss", "script injection"},
    {"path_traversal", "a path that leaves its folder"},
    {"command", "shell commands"},
    {"ldap", "LDAP injection"},
    {"template", "template expressions"},
    {"header", "more than one line"},
    {"control_chars", "control characters"},
    {"bidi", "bidirectional overrides"},
}};

constexpr int kFirstNumber = 2;  // of warden.v1.Attack: SQL
constexpr int kAllNumber = 1;

constexpr AttackSet kByCharacter = Bit(Attack::kControlChars) | Bit(Attack::kBidi);

// C0 but tab, CR and LF; DEL; C1.
bool IsControl(char32_t c) {
  return (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || (c >= 0x7F && c <= 0x9F);
}

// Embeddings, overrides and isolates: https://trojansource.codes, CVE-2021-42574. The marks that
// only say which way neutral characters run are what right-to-left text is written with.
bool IsBidi(char32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

AttackSet FindCharacters(std::string_view text, AttackSet wanted) {
  AttackSet found = 0;
  while (!text.empty() && found != wanted) {
    const CodePoint point = ReadCodePoint(text);
    text.remove_prefix(point.bytes);
    if (!point.valid) continue;
    if (IsControl(point.value)) found |= Bit(Attack::kControlChars) & wanted;
    if (IsBidi(point.value)) found |= Bit(Attack::kBidi) & wanted;
  }
  return found;
}

bool HasAny(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}

// One form of the text, and what the readers of that language make of it.
bool Matches(Attack attack, std::string_view text) {
  if (MatchesPattern(attack, text)) return true;
  switch (attack) {
    case Attack::kSql:
      return text.find("/*") != std::string_view::npos &&
             MatchesPattern(attack, WithoutSqlComments(text));
    case Attack::kXss:
      return std::any_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < ' '; }) &&
             MatchesPattern(attack, WithoutControls(text));
    case Attack::kCommand:
      return HasAny(text, "'\"\\^$") && MatchesPattern(attack, WithoutShellQuotes(text));
    default:
      return false;
  }
}

}  // namespace

std::string_view NameOf(Attack attack) { return kNames[static_cast<size_t>(attack)].id; }

std::string_view WordsOf(Attack attack) { return kNames[static_cast<size_t>(attack)].words; }

AttackSet FromNumber(int number) {
  if (number == kAllNumber) return kAllAttacks;
  const int index = number - kFirstNumber;
  return index >= 0 && index < static_cast<int>(kAttacks) ? Bit(static_cast<Attack>(index)) : 0;
}

AttackSet FindAttacks(std::string_view text, AttackSet wanted) {
  if (text.size() > kMaxTextBytes) return wanted;
  AttackSet found = (wanted & kByCharacter) != 0 ? FindCharacters(text, wanted & kByCharacter) : 0;
  const AttackSet by_pattern = wanted & ~kByCharacter;
  if (by_pattern == 0 || text.empty()) return found;
  const std::string folded = Fold(text);
  const std::string decoded = MayBeEncoded(folded) ? Decode(folded) : std::string();
  const bool two = !decoded.empty() && decoded != folded;
  for (size_t i = 0; i < kAttacks; ++i) {
    const auto attack = static_cast<Attack>(i);
    if ((by_pattern & Bit(attack)) == 0) continue;
    if (Matches(attack, folded) || (two && Matches(attack, decoded))) found |= Bit(attack);
  }
  return found;
}

}  // namespace warden::content
