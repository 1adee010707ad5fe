// Names of roles and permissions, and their numbers.
#ifndef WARDEN_AUTHZ_POLICY_NAMES_H_
#define WARDEN_AUTHZ_POLICY_NAMES_H_

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

// name = part *( ( "." / ":" / "/" ) part ); part begins and ends with [a-z0-9] and has [a-z0-9_-]
// between.
bool IsValidName(std::string_view name);

// Gives each name of a set a number below size(), in the names' order. Immutable, thread-safe.
class NameTable {
 public:
  // Names may repeat and come in any order.
  explicit NameTable(std::vector<std::string> names);

  // Allocates nothing.
  std::optional<uint32_t> Find(std::string_view name) const;

  const std::string& name(uint32_t id) const { return names_[id]; }
  const std::vector<std::string>& names() const { return names_; }  // sorted, each once
  size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_NAMES_H_
