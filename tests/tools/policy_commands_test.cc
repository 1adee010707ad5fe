// `warden policy test`, `warden access diff` and `warden access explain` as processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/tools/run_warden.h"

namespace warden {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RunWarden;

const std::string kSet = std::string(WARDEN_TEST_SETS) + "/shop.binpb";
const std::string kData = std::string(WARDEN_TESTDATA) + "/";

CommandResult PolicyTest(const std::string& file, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"policy", "test", kData + file, "--descriptor-set", kSet};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunWarden(arguments);
}

TEST(PolicyTestCommand, AsExpected) {
  const CommandResult result = PolicyTest("expectations.yaml");
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.out, "6 cases, 0 failed\n");
  EXPECT_EQ(result.err, "");
}

TEST(PolicyTestCommand, EachFailureHasItsPlaceAndWhatDecided) {
  const CommandResult result = PolicyTest("wrong_expectations.yaml");
  EXPECT_EQ(result.exit_status, 1);
  const std::string file = kData + "wrong_expectations.yaml:";
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr(file + "8:5: reader /shop.v1.Shop/Get: /shop.v1.Shop/Get: expected DENY, "
                             "got ALLOW"),
            HasSubstr(file + "11:5: may cancel: /shop.v1.Shop/Cancel: expected ALLOW, got DENY"),
            HasSubstr("denied as expected, but not because of `the moon`"),
            HasSubstr("`callers` has no `raeder`; did you mean `reader`?"),
            HasSubstr("the descriptor set has no method `/shop.v1.Shop/Gte`; did you mean "
                      "`/shop.v1.Shop/Get`?"),
            HasSubstr("`expect` is missing"),
            HasSubstr("claims: no server would accept such a token: expired")));
  EXPECT_THAT(result.out, AllOf(HasSubstr("idd"), HasSubstr("8 cases, 8 failed\n")));
}

TEST(PolicyTestCommand, JsonHasAllCases) {
  const CommandResult result = PolicyTest("wrong_expectations.yaml", {"--format", "json"});
  EXPECT_EQ(result.exit_status, 1);
  const nlohmann::json report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report["failed"], 8);
  ASSERT_EQ(report["cases"].size(), 8U);
  EXPECT_EQ(report["cases"][1]["name"], "may cancel");
  EXPECT_EQ(report["cases"][1]["passed"], false);
}

TEST(PolicyTestCommand, AnotherPolicyTakesThePlaceOfTheNamedOne) {
  const CommandResult result =
      PolicyTest("expectations.yaml", {"--policy", kData + "next_policy.yaml"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("readers read: /shop.v1.Shop/Get: expected ALLOW, got DENY"));
}

TEST(PolicyTestCommand, AFileThatCannotBeUsedIsUsage) {
  EXPECT_EQ(PolicyTest("shop_policy.yaml").exit_status, 2);
  const CommandResult broken =
      PolicyTest("expectations.yaml", {"--policy", kData + "broken_policy.yaml"});
  EXPECT_EQ(broken.exit_status, 2);
  EXPECT_EQ(broken.out, "");
  EXPECT_THAT(broken.err, HasSubstr("broken_policy.yaml:5:5"));
  EXPECT_EQ(RunWarden({"policy", "test", kData + "expectations.yaml"}).exit_status, 2);
}

CommandResult Diff(const std::string& before, const std::string& after,
                   const std::string& format = "text") {
  return RunWarden({"access", "diff", "--descriptor-set", kSet, kData + before, kData + after,
                    "--format", format});
}

TEST(Diff, OfAPolicyWithItselfIsNone) {
  const CommandResult result = Diff("shop_policy.yaml", "shop_policy.yaml");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.out, "no difference\n");
}

TEST(Diff, NamesWhoGainsAndWhoLoses) {
  const CommandResult result = Diff("shop_policy.yaml", "next_policy.yaml");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("+ /shop.v1.Shop/Cancel: clerk may call it now\n"),
                    HasSubstr("- /shop.v1.Shop/Get: reader may no longer call it\n"),
                    HasSubstr("+ role clerk\n"), HasSubstr("- role canceller\n"),
                    HasSubstr("+ binding {\"roles\":[\"clerk\"],\"claim\":{\"path\":\"roles\","
                              "\"values\":[\"clerk\"]}}\n"),
                    HasSubstr("- binding {\"roles\":[\"admin\",\"canceller\"],")));
  EXPECT_THAT(result.out, Not(HasSubstr("admin may")));
}

TEST(Diff, BackwardsSwapsGainsAndLosses) {
  const auto forth =
      nlohmann::json::parse(Diff("shop_policy.yaml", "next_policy.yaml", "json").out);
  const auto back = nlohmann::json::parse(Diff("next_policy.yaml", "shop_policy.yaml", "json").out);
  EXPECT_FALSE(forth["gains"].empty());
  EXPECT_EQ(forth["gains"], back["loses"]);
  EXPECT_EQ(forth["loses"], back["gains"]);
  EXPECT_EQ(forth["bindings_added"], back["bindings_removed"]);
  EXPECT_EQ(forth["old_sha256"], back["new_sha256"]);
}

TEST(Diff, OfAFileThatCannotBeUsedIsUsage) {
  EXPECT_EQ(Diff("shop_policy.yaml", "broken_policy.yaml").exit_status, 2);
}

CommandResult Explain(const std::string& method, const std::string& caller,
                      const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"access",   "explain",  "--descriptor-set",
                                        kSet,       "--policy", kData + "shop_policy.yaml",
                                        "--method", method};
  if (!caller.empty()) arguments.insert(arguments.end(), {"--caller", kData + caller});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunWarden(arguments);
}

TEST(Explain, SaysWhichLinesGaveWhat) {
  const CommandResult result = Explain("/shop.v1.Shop/Get", "alice.yaml");
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("shop_policy.yaml:9:5"), HasSubstr("reader"),
                                HasSubstr("orders.read"), HasSubstr("ALLOW")));
}

TEST(Explain, SaysWhatIsMissing) {
  const CommandResult result = Explain("/shop.v1.Shop/Cancel", "alice.yaml");
  EXPECT_EQ(result.exit_status, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("DENY"), HasSubstr("orders.cancel")));
}

TEST(Explain, OfNobody) {
  EXPECT_EQ(Explain("/shop.v1.Shop/Status", "").exit_status, 0);
  EXPECT_EQ(Explain("/shop.v1.Shop/WhoAmI", "").exit_status, 1);
}

TEST(Explain, AsJson) {
  const CommandResult result = Explain("/shop.v1.Shop/Get", "alice.yaml", {"--format", "json"});
  const nlohmann::json decision = nlohmann::json::parse(result.out);
  EXPECT_EQ(decision["decision"], "ALLOW");
  EXPECT_FALSE(decision["steps"].empty());
}

TEST(Explain, BadInputIsUsage) {
  EXPECT_EQ(Explain("/shop.v1.Shop/Nothing", "alice.yaml").exit_status, 2);
  EXPECT_EQ(Explain("/shop.v1.Shop/Get", "shop_policy.yaml").exit_status, 2);
  EXPECT_EQ(
      Explain("/shop.v1.Shop/Get", "alice.yaml", {"--request", kData + "alice.yaml"}).exit_status,
      2);
}

}  // namespace
}  // namespace warden
