#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/policy/access_matrix.h"
#include "authz/policy/policy.h"
#include "tools/warden/access_verbs.h"
#include "tools/warden/commands.h"
#include "tools/warden/descriptors.h"

namespace warden::cli {
namespace {

struct MatrixOptions {
  std::string descriptor_set;
  std::string policy;
  std::vector<std::string> services;
  std::string format = "table";
};

int Fail(const absl::Status& status, int exit_status) {
  std::cerr << status.message() << '\n';
  return exit_status;
}

int Matrix(const MatrixOptions& options) {
  const absl::StatusOr<std::unique_ptr<DescriptorSet>> set =
      DescriptorSet::Load(options.descriptor_set);
  if (!set.ok()) return Fail(set.status(), kUsage);
  const auto methods = (*set)->Methods(options.services);
  if (!methods.ok()) return Fail(methods.status(), kUsage);
  const absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromFile(options.policy);
  if (!policy.ok()) {
    return Fail(policy.status(), absl::IsInvalidArgument(policy.status()) ? kNo : kUsage);
  }
  const absl::StatusOr<AccessMatrix> matrix = MakeAccessMatrix(*methods, *policy);
  if (!matrix.ok()) return Fail(matrix.status(), kNo);
  std::cout << (options.format == "html"       ? MatrixAsHtml(*matrix)
                : options.format == "json"     ? MatrixAsJson(*matrix)
                : options.format == "markdown" ? MatrixAsMarkdown(*matrix)
                                               : MatrixAsTable(*matrix));
  return kYes;
}

}  // namespace

void AddAccessCommands(CLI::App& app, int* status) {
  CLI::App* access = app.add_subcommand("access", "Look at who may call what");
  access->require_subcommand(1);
  AddExplain(*access, status);
  AddDiff(*access, status);
  CLI::App* matrix =
      access->add_subcommand("matrix",
                             "Print which role alone may call which method.\n"
                             "Exit status: 0 printed, 1 the policy or the annotations have "
                             "problems, 2 bad usage or unreadable input");
  const auto options = std::make_shared<MatrixOptions>();
  matrix
      ->add_option("--descriptor-set", options->descriptor_set,
                   "From protoc --include_imports --include_source_info --descriptor_set_out=FILE")
      ->required()
      ->check(CLI::ExistingFile);
  matrix->add_option("--policy", options->policy, "Policy file")
      ->required()
      ->check(CLI::ExistingFile);
  matrix->add_option("--service", options->services, "Only this service (full name; repeatable)");
  matrix->add_option("--format", options->format, "table (default), json, markdown or html")
      ->check(CLI::IsMember({"table", "json", "markdown", "html"}));
  matrix->callback([options, status] { *status = Matrix(*options); });
}

}  // namespace warden::cli
