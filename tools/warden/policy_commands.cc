#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/warden/commands.h"
#include "tools/warden/policy_test_run.h"

namespace warden::cli {
namespace {

struct TestOptions {
  std::vector<std::string> files;
  std::string policy;
  std::string descriptor_set;
  std::string format = "text";
};

int Test(const TestOptions& options) {
  std::vector<PolicyTestReport> reports;
  bool unusable = false;
  size_t failed = 0;
  for (const std::string& file : options.files) {
    absl::StatusOr<PolicyTestReport> report =
        RunPolicyTest(file, options.policy, options.descriptor_set);
    if (!report.ok()) {
      std::cerr << report.status().message() << '\n';
      unusable = true;
      continue;
    }
    failed += report->failed();
    reports.push_back(*std::move(report));
  }
  if (unusable) return kUsage;
  std::cout << (options.format == "json" ? ReportsAsJson(reports) : ReportsAsText(reports));
  return failed == 0 ? kYes : kNo;
}

}  // namespace

void AddPolicyCommands(CLI::App& app, int* status) {
  CLI::App* policy = app.add_subcommand("policy", "Check what a policy decides");
  policy->require_subcommand(1);
  CLI::App* test = policy->add_subcommand(
      "test",
      "Run the expectations of test files (proto/warden/v1/policy_test.proto): who may, and may\n"
      "not, call what.\n"
      "Exit status: 0 all as expected, 1 some are not, 2 bad usage or a file that cannot be used");
  const auto options = std::make_shared<TestOptions>();
  test->add_option("files", options->files, "Test files")->required()->check(CLI::ExistingFile);
  test->add_option("--policy", options->policy, "Policy file, instead of those of the test files")
      ->check(CLI::ExistingFile);
  test->add_option("--descriptor-set", options->descriptor_set,
                   "Descriptor set, instead of those of the test files")
      ->check(CLI::ExistingFile);
  test->add_option("--format", options->format, "text (default) or json")
      ->check(CLI::IsMember({"text", "json"}));
  test->callback([options, status] { *status = Test(*options); });
}

}  // namespace warden::cli
