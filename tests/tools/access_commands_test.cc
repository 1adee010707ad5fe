// `warden access matrix` as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "nlohmann/json.hpp"
#include "tests/tools/run_warden.h"

namespace warden {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using testing::ReadFile;
using testing::RunWarden;
using ::testing::TestWithParam;

const std::string kSet = std::string(WARDEN_TEST_SETS) + "/shop.binpb";
const std::string kData = std::string(WARDEN_TESTDATA) + "/";

class MatrixFormat : public TestWithParam<std::string> {};

TEST_P(MatrixFormat, IsAsWrittenDown) {
  std::vector<std::string> arguments = {"access", "matrix",   "--descriptor-set",
                                        kSet,     "--policy", kData + "shop_policy.yaml"};
  const std::string format = GetParam();
  if (format != "table") arguments.insert(arguments.end(), {"--format", format});
  const CommandResult result = RunWarden(arguments);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, ReadFile(kData + "matrix." + format));
}

INSTANTIATE_TEST_SUITE_P(Formats, MatrixFormat,
                         ::testing::Values("table", "markdown", "json", "html"),
                         [](const auto& format) { return format.param; });

TEST(Matrix, OfOneService) {
  const CommandResult result =
      RunWarden({"access", "matrix", "--descriptor-set", kSet, "--policy",
                 kData + "shop_policy.yaml", "--service", "shop.v1.Defaults", "--format", "json"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("/shop.v1.Defaults/Get"));
  EXPECT_THAT(result.out, Not(HasSubstr("/shop.v1.Shop/")));
}

// Inherited permissions, those by wildcard that only methods name, and denials by role.
TEST(Matrix, OfInheritanceWildcardsAndDenials) {
  const CommandResult result =
      RunWarden({"access", "matrix", "--descriptor-set", kSet, "--policy",
                 kData + "deep_policy.yaml", "--service", "shop.v1.Shop", "--format", "json"});
  ASSERT_EQ(result.exit_status, 0) << result.err;
  std::map<std::string, std::vector<std::string>> roles;
  const auto document = nlohmann::json::parse(result.out);
  for (const auto& method : document["methods"]) roles[method["method"]] = method["roles"];
  using Names = std::vector<std::string>;
  EXPECT_EQ(roles["/shop.v1.Shop/Get"], (Names{"clerk", "reader", "trainee"}));
  EXPECT_EQ(roles["/shop.v1.Shop/Cancel"], (Names{"clerk"}));
}

TEST(Matrix, OfAnUnknownServiceIsUsage) {
  const CommandResult result = RunWarden({"access", "matrix", "--descriptor-set", kSet, "--policy",
                                          kData + "shop_policy.yaml", "--service", "shop.v1.Shp"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.err, "the set has no service `shop.v1.Shp`; did you mean `shop.v1.Shop`?\n");
}

TEST(Matrix, AProblemOfThePolicyIsNo) {
  const CommandResult result = RunWarden(
      {"access", "matrix", "--descriptor-set", kSet, "--policy", kData + "broken_policy.yaml"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(
      result.err,
      HasSubstr("broken_policy.yaml:5:5: roles.reader.permisions: unknown key; did you mean "
                "`permissions`?\n"));
}

TEST(Matrix, APermissionThatNoRoleGivesIsNo) {
  const CommandResult result = RunWarden(
      {"access", "matrix", "--descriptor-set", kSet, "--policy", kData + "small_policy.yaml"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(
      result.err,
      HasSubstr(
          "shop.proto:26:3: shop.v1.Shop.Get: no role of " + kData +
          "small_policy.yaml gives the permission `orders.read`; did you mean `orders.raed`?\n"));
}

TEST(Matrix, AnUnannotatedMethodIsNo) {
  const CommandResult result = RunWarden({"access", "matrix", "--descriptor-set",
                                          std::string(WARDEN_TEST_SETS) + "/broken.binpb",
                                          "--policy", kData + "shop_policy.yaml"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("broken.v1.Broken.Forgotten: has no access annotation"));
}

TEST(Matrix, BadUsage) {
  const std::string policy = kData + "shop_policy.yaml";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"access"},
           {"access", "matrix"},
           {"access", "matrix", "--descriptor-set", kSet},
           {"access", "matrix", "--policy", policy},
           {"access", "matrix", "--descriptor-set", "/nonexistent", "--policy", policy},
           {"access", "matrix", "--descriptor-set", kSet, "--policy", "/nonexistent"},
           {"access", "matrix", "--descriptor-set", kSet, "--policy", policy, "--format", "xml"},
           {"access", "matrix", "--descriptor-set", kSet, "--policy", policy, "--nope"},
           // A file that is no descriptor set.
           {"access", "matrix", "--descriptor-set", policy, "--policy", policy},
           {"access", "matrix", "--descriptor-set", "/dev/null", "--policy", policy}}) {
    const CommandResult result = RunWarden(arguments);
    EXPECT_EQ(result.exit_status, 2) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
}

TEST(Matrix, HelpIsThere) {
  const CommandResult result = RunWarden({"access", "matrix", "--help"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("--descriptor-set"));
}

}  // namespace
}  // namespace warden
