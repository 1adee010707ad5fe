// Runs the expectations of a policy test file (policy_test.proto).
#ifndef WARDEN_TOOLS_WARDEN_POLICY_TEST_RUN_H_
#define WARDEN_TOOLS_WARDEN_POLICY_TEST_RUN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace warden::cli {

struct PolicyTestReport {
  struct Case {
    std::string name;
    std::string place;    // "policy_test.yaml:12:5"
    std::string failure;  // "" where it is as expected
  };
  std::string file;
  std::vector<Case> cases;
  size_t failed() const;
};

// Paths that are not empty take the place of those in the file. InvalidArgument with every problem
// of the files, NotFound and the like where one cannot be read.
absl::StatusOr<PolicyTestReport> RunPolicyTest(const std::string& path,
                                               const std::string& policy_path,
                                               const std::string& descriptor_set_path);

std::string ReportsAsText(const std::vector<PolicyTestReport>& reports);
std::string ReportsAsJson(const std::vector<PolicyTestReport>& reports);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_POLICY_TEST_RUN_H_
