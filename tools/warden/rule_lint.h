// What is wrong, or worth knowing, about field rules that a server starts with all the same.
#ifndef WARDEN_TOOLS_WARDEN_RULE_LINT_H_
#define WARDEN_TOOLS_WARDEN_RULE_LINT_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace warden::cli {

// The rules of this part, as `warden proto lint` names them.
//   rule-contradiction    no value can keep all of the field's rules
//   rule-ignored          rules that `ignore: IGNORE_ALWAYS` switches off
//   safe-without-effect   `safe` where another rule lets no such text through anyway
//   normalize-constant    constants that no normalised value equals
//   required-writable     `required` with `writable_by`: nobody else can call at all
//   sensitive-constant    rules that name values of a sensitive field
inline constexpr std::string_view kRuleContradiction = "rule-contradiction";
inline constexpr std::string_view kRuleIgnored = "rule-ignored";
inline constexpr std::string_view kSafeWithoutEffect = "safe-without-effect";
inline constexpr std::string_view kNormalizeConstant = "normalize-constant";
inline constexpr std::string_view kRequiredWritable = "required-writable";
inline constexpr std::string_view kSensitiveConstant = "sensitive-constant";

struct RuleFinding {
  std::string_view rule;
  std::string place;    // "orders.proto:12:3"
  std::string message;  // one line, begins with the field's full name
};

// Of `type` and every type that it can contain, each once; of both dialects. Only what is certain.
std::vector<RuleFinding> LintRulesOf(const google::protobuf::Descriptor& type);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_RULE_LINT_H_
