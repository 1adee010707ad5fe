#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "authz/config/yaml_loader.h"
#include "authz/policy/access_matrix.h"
#include "authz/policy/policy.h"
#include "tools/warden/access_diff.h"
#include "tools/warden/access_verbs.h"
#include "tools/warden/commands.h"
#include "tools/warden/descriptors.h"
#include "warden/v1/policy.pb.h"

namespace warden::cli {
namespace {

struct DiffOptions {
  std::string descriptor_set;
  std::string before, after;
  std::vector<std::string> services;
  std::string format = "text";
};

// A policy as the server reads it, and as it is written.
struct Loaded {
  AccessMatrix matrix;
  v1::Policy file;
};

absl::StatusOr<Loaded> Load(const std::string& path, const DescriptorSet& set,
                            const std::vector<std::string>& services) {
  const auto methods = set.Methods(services);
  if (!methods.ok()) return methods.status();
  const absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromFile(path);
  if (!policy.ok()) return policy.status();
  absl::StatusOr<AccessMatrix> matrix = MakeAccessMatrix(*methods, *policy);
  if (!matrix.ok()) return matrix.status();
  Loaded loaded{.matrix = *std::move(matrix), .file = {}};
  if (absl::Status read = LoadYamlFile(path, &loaded.file, nullptr); !read.ok()) return read;
  return loaded;
}

int Diff(const DiffOptions& options) {
  const auto fail = [](const absl::Status& status) {
    std::cerr << status.message() << '\n';
    return kUsage;
  };
  const absl::StatusOr<std::unique_ptr<DescriptorSet>> set =
      DescriptorSet::Load(options.descriptor_set);
  if (!set.ok()) return fail(set.status());
  const absl::StatusOr<Loaded> before = Load(options.before, **set, options.services);
  if (!before.ok()) return fail(before.status());
  const absl::StatusOr<Loaded> after = Load(options.after, **set, options.services);
  if (!after.ok()) return fail(after.status());
  const AccessDiff diff = DiffAccess({before->matrix, before->file}, {after->matrix, after->file});
  std::cout << (options.format == "json" ? DiffAsJson(diff) : DiffAsText(diff));
  return diff.empty() ? kYes : kNo;
}

}  // namespace

void AddDiff(CLI::App& access, int* status) {
  CLI::App* diff = access.add_subcommand(
      "diff",
      "Print who gains and who loses what where the policy NEW follows OLD: for each method the\n"
      "roles that, alone, may call it by one of the two only; and the roles, bindings and denials\n"
      "that only one of them has.\n"
      "Exit status: 0 no difference, 1 differences, 2 bad usage or a file that cannot be used");
  const auto options = std::make_shared<DiffOptions>();
  diff->add_option("old", options->before, "Policy file")->required()->check(CLI::ExistingFile);
  diff->add_option("new", options->after, "Policy file")->required()->check(CLI::ExistingFile);
  diff->add_option("--descriptor-set", options->descriptor_set,
                   "From protoc --include_imports --include_source_info --descriptor_set_out=FILE")
      ->required()
      ->check(CLI::ExistingFile);
  diff->add_option("--service", options->services, "Only this service (full name; repeatable)");
  diff->add_option("--format", options->format, "text (default) or json")
      ->check(CLI::IsMember({"text", "json"}));
  diff->callback([options, status] { *status = Diff(*options); });
}

}  // namespace warden::cli
