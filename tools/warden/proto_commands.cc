#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/policy/policy.h"
#include "tools/warden/commands.h"
#include "tools/warden/descriptors.h"
#include "tools/warden/proto_lint.h"

namespace warden::cli {
namespace {

struct LintOptions {
  std::string descriptor_set;
  std::string policy;
  std::vector<std::string> services;
  std::string format = "text";
  std::vector<std::string> rules;
  std::vector<std::string> public_methods;
};

// Prints why an input cannot be used.
int Unreadable(const absl::Status& status) {
  std::cerr << status.message() << '\n';
  return kUsage;
}

int Lint(const LintOptions& options) {
  LintChoices choices;
  choices.public_methods.insert(options.public_methods.begin(), options.public_methods.end());
  for (const std::string& rule : options.rules) {
    if (const absl::Status read = ReadLevel(rule, &choices); !read.ok()) return Unreadable(read);
  }
  const absl::StatusOr<std::unique_ptr<DescriptorSet>> set =
      DescriptorSet::Load(options.descriptor_set);
  if (!set.ok()) return Unreadable(set.status());
  const auto methods = (*set)->Methods(options.services);
  if (!methods.ok()) return Unreadable(methods.status());
  std::vector<Finding> findings;
  std::shared_ptr<const Policy> policy;
  if (!options.policy.empty()) {
    absl::StatusOr<std::shared_ptr<const Policy>> loaded = Policy::FromFile(options.policy);
    if (loaded.ok()) {
      policy = *std::move(loaded);
    } else if (absl::IsInvalidArgument(loaded.status())) {
      findings = PolicyFindings(loaded.status());
    } else {
      return Unreadable(loaded.status());
    }
  }
  const std::vector<Finding> found = LintMethods(*methods, policy.get(), choices);
  findings.insert(findings.end(), found.begin(), found.end());
  std::cout << (options.format == "json" ? FindingsAsJson(findings) : FindingsAsText(findings));
  const bool clean = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Finding::Severity::kError;
  });
  return clean ? kYes : kNo;
}

}  // namespace

void AddProtoCommands(CLI::App& app, int* status) {
  CLI::App* proto = app.add_subcommand("proto", "Look at annotated .proto files");
  proto->require_subcommand(1);
  CLI::App* lint = proto->add_subcommand(
      "lint",
      "Check access, limits and field rules of every method as the server does at start-up.\n"
      "Exit status: 0 no errors, 1 errors, 2 bad usage or unreadable input");
  const auto options = std::make_shared<LintOptions>();
  lint->add_option("--descriptor-set", options->descriptor_set,
                   "From protoc --include_imports --include_source_info --descriptor_set_out=FILE")
      ->required()
      ->check(CLI::ExistingFile);
  lint->add_option("--policy", options->policy, "Policy file to check the permissions against")
      ->check(CLI::ExistingFile);
  lint->add_option("--service", options->services, "Only this service (full name; repeatable)");
  lint->add_option("--format", options->format, "text (default) or json")
      ->check(CLI::IsMember({"text", "json"}));
  lint->add_option("--rule", options->rules,
                   "RULE=error, warning, note or off: how grave a rule is (repeatable)");
  lint->add_option("--public", options->public_methods,
                   "A method that is meant to be public, /shop.v1.Shop/Status (repeatable)");
  lint->callback([options, status] { *status = Lint(*options); });
}

}  // namespace warden::cli
