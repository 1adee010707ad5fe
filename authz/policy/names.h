// Names of roles and permissions, and their numbers.
#ifndef WARDEN_AUTHZ_POLICY_NAMES_H_
#define WARDEN_AUTHZ_POLICY_NAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warden {

// What a name may look like, for error messages.
inline constexpr std::string_view kNameGrammar =
    "lower-case letters, digits, `_` and `-`, in parts joined by `.`, `:` or `/`, each part "
    "beginning and ending "
    "with a letter or digit, 128 bytes at most";

inline constexpr size_t kMostNameBytes = 128;

// name = part *( ( "." / ":" / "/" ) part ); part begins and ends with [a-z0-9] and has [a-z0-9_-]
// between.
bool IsValidName(std::string_view name);

// `*` alone, or a name, a joint and `*`: "orders.*". Stands for every name that begins with what is
// before the `*`.
bool IsValidWildcard(std::string_view text);
// Whether a valid wildcard stands for the name, or a name is the other.
bool Covers(std::string_view name_or_wildcard, std::string_view name);

// Gives each name of a set a number below size(), in the names' order. Immutable, thread-safe.
class NameTable {
 public:
  // Names may repeat and come in any order.
  explicit NameTable(std::vector<std::string> names);

  // Allocates nothing.
  std::optional<uint32_t> Find(std::string_view name) const;

  // Calls `visit(id)` for each wildcard of the table that stands for `name`, which is no wildcard
  // itself: few look-ups, however many wildcards there are. Allocates nothing.
  template <typename Visit>
  void ForEachCovering(std::string_view name, Visit visit) const;

  const std::string& name(uint32_t id) const { return names_[id]; }
  const std::vector<std::string>& names() const { return names_; }  // sorted, each once
  size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

template <typename Visit>
void NameTable::ForEachCovering(std::string_view name, Visit visit) const {
  if (!IsValidName(name)) return;
  std::array<char, kMostNameBytes + 1> text{};
  // The wildcard that has `kept` bytes of the name and a `*`.
  const auto look = [&](size_t kept) {
    text[kept] = '*';
    if (const std::optional<uint32_t> id = Find({text.data(), kept + 1}); id.has_value()) {
      visit(*id);
    }
  };
  look(0);
  for (size_t i = 0; i < name.size(); ++i) {
    text[i] = name[i];
    if (name[i] == '.' || name[i] == ':' || name[i] == '/') look(i + 1);
  }
}

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_NAMES_H_
