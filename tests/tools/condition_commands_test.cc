// Conditions in `warden access matrix` and `warden proto lint`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/run_warden.h"

namespace warden {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using testing::RunWarden;

const std::string kSet = std::string(WARDEN_TEST_SETS) + "/conditions.binpb";
const std::string kPolicy = std::string(WARDEN_TESTDATA) + "/shop_policy.yaml";

TEST(Conditions, AreFindings) {
  const CommandResult result = RunWarden({"proto", "lint", "--descriptor-set", kSet});
  EXPECT_EQ(result.exit_status, 1);
  const std::string place = "conditions.proto:20:3: error: conditions.v1.Wrong.Get: ";
  EXPECT_THAT(result.out,
              AllOf(HasSubstr(place + "(warden.v1.access): `when`, at 1:9: no field `ownr` in "
                                      "conditions.v1.Request; did you mean `owner`? [access]\n"),
                    HasSubstr(place + "(warden.v1.access): `when`, at 1:37: `+` does not take "
                                      "(int, string) [access]\n"),
                    HasSubstr("2 errors, 0 warnings\n")));
}

TEST(Conditions, AreShownInTheMatrix) {
  const std::vector<std::string> matrix = {
      "access",   "matrix", "--descriptor-set", kSet,
      "--policy", kPolicy,  "--service",        "conditions.v1.Right"};
  EXPECT_THAT(RunWarden(matrix).out, HasSubstr("orders.read and a condition"));
  std::vector<std::string> json = matrix;
  json.insert(json.end(), {"--format", "json"});
  EXPECT_THAT(RunWarden(json).out, HasSubstr("\"when\": \"request.owner == caller.subject\""));
}

}  // namespace
}  // namespace warden
