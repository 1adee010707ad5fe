#include "tools/warden/proto_lint.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "authz/config/problem.h"
#include "authz/policy/access.h"
#include "authz/policy/check.h"
#include "interceptors/limits/concurrency.h"
#include "interceptors/limits/limit.h"
#include "interceptors/limits/stream_quota.h"
#include "interceptors/redact/sensitivity.h"
#include "interceptors/rights/field_rights.h"
#include "interceptors/rules/program.h"
#include "nlohmann/json.hpp"
#include "tools/warden/descriptors.h"
#include "tools/warden/rule_lint.h"

namespace warden::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;
using Severity = Finding::Severity;

// Gathers findings; one that was there before (a message type of several methods) is left out.
class Findings {
 public:
  void Add(Severity severity, std::string rule, std::string place, std::string message) {
    Finding finding{severity, std::move(rule), std::move(place), std::move(message)};
    if (std::find(list_.begin(), list_.end(), finding) == list_.end())
      list_.push_back(std::move(finding));
  }

  // Lines that begin with their place.
  void AddLines(std::string_view rule, const absl::Status& status) {
    for (const absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line, absl::MaxSplits(": ", 1));
      Add(Severity::kError, std::string(rule), parts.first, parts.second);
    }
  }

  std::vector<Finding> Take() { return std::move(list_); }

 private:
  std::vector<Finding> list_;
};

void LintLimit(const MethodDescriptor& method, Findings* findings) {
  for (const absl::Status& status :
       {ResolveLimits(method).status(), ResolveConcurrency(method).status(),
        ResolveStreamQuota(method).status()}) {
    for (const absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
      findings->Add(Severity::kError, "rate-limit", PlaceOf(method), std::string(line));
    }
  }
}

void LintFieldRules(const MethodDescriptor& method, Findings* findings) {
  const Descriptor& type = *method.input_type();
  const absl::StatusOr<std::shared_ptr<const Program>> program = Program::Compile(type);
  if (!program.ok()) {
    findings->AddLines("field-rules", program.status());
  }
}

void LintAdvice(const MethodDescriptor& method, Findings* findings) {
  for (const Descriptor* type : {method.input_type(), method.output_type()}) {
    for (RuleFinding& found : LintRulesOf(*type)) {
      findings->Add(Severity::kWarning, std::string(found.rule), std::move(found.place),
                    std::move(found.message));
    }
  }
}

void LintRights(const MethodDescriptor& method, const Policy* policy, std::set<std::string>* asked,
                Findings* findings) {
  using Direction = FieldRights::Direction;
  for (const Direction direction : {Direction::kWrite, Direction::kRead}) {
    const Descriptor& type =
        direction == Direction::kWrite ? *method.input_type() : *method.output_type();
    std::vector<Problem> problems;
    const auto rights = FieldRights::Compile(type, direction, &problems);
    if (rights != nullptr) {
      for (std::string& permission : rights->permissions()) asked->insert(std::move(permission));
      if (policy != nullptr) {
        const std::vector<Problem> unknown = rights->UnknownPermissions(*policy);
        problems.insert(problems.end(), unknown.begin(), unknown.end());
      }
    }
    for (const Problem& problem : problems) {
      findings->Add(Severity::kError, "field-rights", problem.place, problem.message);
    }
  }
}

// The first sensitive field of the type, as a path from it; "" where it has none.
std::string SensitiveField(const Descriptor& type, std::set<const Descriptor*>* seen) {
  if (!seen->insert(&type).second) return "";
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *type.field(i);
    if (IsSensitive(field)) return field.name();
    if (field.message_type() == nullptr) continue;
    const std::string below = SensitiveField(*field.message_type(), seen);
    if (!below.empty()) return absl::StrCat(field.name(), ".", below);
  }
  return "";
}

void LintPublic(const MethodDescriptor& method, const MethodAccess& access,
                const LintChoices& choices, Findings* findings) {
  if (access.kind != MethodAccess::Kind::kPublic) return;
  const std::string name = FullName(method);
  if (!choices.public_methods.contains(name)) {
    findings->Add(Severity::kNote, "public-method", PlaceOf(method),
                  absl::StrCat(method.full_name(), ": anybody may call it"));
  }
  std::set<const Descriptor*> seen;
  const std::string field = SensitiveField(*method.output_type(), &seen);
  if (field.empty()) return;
  findings->Add(Severity::kWarning, "public-sensitive", PlaceOf(method),
                absl::StrCat(method.full_name(), ": anybody may call it, and its answer's `", field,
                             "` is sensitive"));
}

void LintStreamLimit(const MethodDescriptor& method, Findings* findings) {
  if (!method.client_streaming() && !method.server_streaming()) return;
  const absl::StatusOr<std::vector<Limit>> limits = ResolveLimits(method);
  if (!limits.ok() || !limits->empty()) return;
  findings->Add(Severity::kWarning, "stream-without-limit", PlaceOf(method),
                absl::StrCat(method.full_name(),
                             ": a stream without rate_limit; a caller may open any number"));
}

void LintPolicy(const Policy& policy, const std::set<std::string>& asked, Findings* findings) {
  for (const std::string& permission : policy.permissions()) {
    const bool used = std::any_of(asked.begin(), asked.end(), [&](const std::string& name) {
      return Covers(permission, name);
    });
    if (used) continue;
    findings->Add(Severity::kWarning, "unused-permission", policy.PlaceOfPermission(permission),
                  absl::StrCat("no method asks for the permission ", Quoted(permission)));
  }
  for (const std::string& role : policy.UnboundRoles()) {
    findings->Add(Severity::kWarning, "unbound-role", policy.PlaceOfRole(role),
                  absl::StrCat("no binding gives the role ", Quoted(role)));
  }
}

// Why a server would not start, and what is only advice.
constexpr std::array<std::string_view, 5> kFixedRules = {"access", "field-rights", "field-rules",
                                                         "policy", "rate-limit"};
constexpr std::array<std::string_view, 11> kChosenRules = {
    "public-method",     "public-sensitive", "stream-without-limit", "unbound-role",
    "unused-permission", kRuleContradiction, kRuleIgnored,           kSafeWithoutEffect,
    kNormalizeConstant,  kRequiredWritable,  kSensitiveConstant};

std::vector<Finding> Choose(std::vector<Finding> findings, const LintChoices& choices) {
  std::vector<Finding> chosen;
  for (Finding& finding : findings) {
    if (const auto level = choices.levels.find(finding.rule); level != choices.levels.end()) {
      if (!level->second.has_value()) continue;
      finding.severity = *level->second;
    }
    chosen.push_back(std::move(finding));
  }
  return chosen;
}

}  // namespace

std::vector<std::string> LintRules() {
  std::vector<std::string> rules(kFixedRules.begin(), kFixedRules.end());
  rules.insert(rules.end(), kChosenRules.begin(), kChosenRules.end());
  std::sort(rules.begin(), rules.end());
  return rules;
}

absl::Status ReadLevel(std::string_view text, LintChoices* choices) {
  const size_t equals = text.find('=');
  const std::string rule(text.substr(0, equals));
  const std::string_view level = equals == text.npos ? "" : text.substr(equals + 1);
  const auto names = [&](const auto& rules) {
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
  };
  if (names(kFixedRules)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rule ", rule, ": keeps a server from starting, so it is always an error"));
  }
  if (!names(kChosenRules)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rule ", rule, ": unknown rule", Suggestion(rule, LintRules())));
  }
  for (const Severity severity : {Severity::kError, Severity::kWarning, Severity::kNote}) {
    if (level == ToString(severity)) choices->levels[rule] = severity;
  }
  if (level == "off") choices->levels[rule] = std::nullopt;
  if (choices->levels.contains(rule)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--rule ", rule, ": expected ", rule, "=error, =warning, =note or =off"));
}

std::string_view ToString(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      break;
  }
  return "note";
}

std::vector<Finding> LintMethods(const std::vector<const MethodDescriptor*>& methods,
                                 const Policy* policy, const LintChoices& choices) {
  Findings findings;
  std::set<std::string> asked;
  for (const MethodDescriptor* method : methods) {
    for (const Problem& problem : CheckMethods({&method, 1}, policy)) {
      findings.Add(Severity::kError, "access", problem.place, problem.message);
    }
    if (const absl::StatusOr<MethodAccess> access = ResolveAccess(*method); access.ok()) {
      LintPublic(*method, *access, choices, &findings);
      asked.insert(access->all_of.begin(), access->all_of.end());
      asked.insert(access->any_of.begin(), access->any_of.end());
    }
    LintLimit(*method, &findings);
    LintStreamLimit(*method, &findings);
    LintFieldRules(*method, &findings);
    LintAdvice(*method, &findings);
    LintRights(*method, policy, &asked, &findings);
  }
  if (policy != nullptr) LintPolicy(*policy, asked, &findings);
  return Choose(findings.Take(), choices);
}

std::vector<Finding> PolicyFindings(const absl::Status& status) {
  Findings findings;
  findings.AddLines("policy", status);
  return findings.Take();
}

std::string FindingsAsText(const std::vector<Finding>& findings) {
  std::string text;
  size_t errors = 0;
  size_t warnings = 0;
  for (const Finding& finding : findings) {
    errors += finding.severity == Severity::kError ? 1 : 0;
    warnings += finding.severity == Severity::kWarning ? 1 : 0;
    absl::StrAppend(&text, finding.place, ": ", std::string(ToString(finding.severity)), ": ",
                    finding.message, " [", finding.rule, "]\n");
  }
  absl::StrAppend(&text, errors, errors == 1 ? " error, " : " errors, ", warnings,
                  warnings == 1 ? " warning\n" : " warnings\n");
  return text;
}

std::string FindingsAsJson(const std::vector<Finding>& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"severity", ToString(finding.severity)},
                    {"rule", finding.rule},
                    {"place", finding.place},
                    {"message", finding.message}});
  }
  const nlohmann::ordered_json document = {{"findings", std::move(list)}};
  return document.dump(2) + "\n";
}

}  // namespace warden::cli
