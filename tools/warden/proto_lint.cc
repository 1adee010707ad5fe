#include "tools/warden/proto_lint.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "authz/policy/access.h"
#include "authz/policy/check.h"
#include "interceptors/limits/limit_spec.h"
#include "interceptors/rules/program.h"
#include "nlohmann/json.hpp"

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
  const absl::StatusOr<std::optional<LimitSpec>> limit = ResolveLimit(method);
  if (limit.ok()) return;
  for (const absl::string_view line :
       absl::StrSplit(limit.status().message(), '\n', absl::SkipEmpty())) {
    findings->Add(Severity::kError, "rate-limit", PlaceOf(method), std::string(line));
  }
}

void LintRules(const MethodDescriptor& method, Findings* findings) {
  const Descriptor& type = *method.input_type();
  const absl::StatusOr<std::shared_ptr<const Program>> program = Program::Compile(type);
  if (!program.ok()) {
    findings->AddLines("field-rules", program.status());
  } else if (method.client_streaming() && !(*program)->empty()) {
    findings->Add(
        Severity::kError, "stream-rules", PlaceOf(method),
        absl::StrCat(
            method.full_name(), ": its requests are streamed, and ", type.full_name(),
            " has field rules, which cannot be checked on a stream; move them to a unary method"));
  }
}

void LintPublic(const MethodDescriptor& method, const MethodAccess& access, Findings* findings) {
  if (access.kind != MethodAccess::Kind::kPublic) return;
  findings->Add(Severity::kNote, "public-method", PlaceOf(method),
                absl::StrCat(method.full_name(), ": anybody may call it"));
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

}  // namespace

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
                                 const Policy* policy) {
  Findings findings;
  std::set<std::string> asked;
  for (const MethodDescriptor* method : methods) {
    for (const Problem& problem : CheckMethods({&method, 1}, policy)) {
      findings.Add(Severity::kError, "access", problem.place, problem.message);
    }
    if (const absl::StatusOr<MethodAccess> access = ResolveAccess(*method); access.ok()) {
      LintPublic(*method, *access, &findings);
      asked.insert(access->all_of.begin(), access->all_of.end());
      asked.insert(access->any_of.begin(), access->any_of.end());
    }
    LintLimit(*method, &findings);
    LintRules(*method, &findings);
  }
  if (policy != nullptr) LintPolicy(*policy, asked, &findings);
  return findings.Take();
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
