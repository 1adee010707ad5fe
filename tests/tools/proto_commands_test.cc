// `warden proto lint` as a process.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/tools/run_warden.h"

namespace warden {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using testing::ReadFile;
using testing::RunWarden;

const std::string kShop = std::string(WARDEN_TEST_SETS) + "/shop.binpb";
const std::string kBroken = std::string(WARDEN_TEST_SETS) + "/broken.binpb";
const std::string kData = std::string(WARDEN_TESTDATA) + "/";

TEST(Lint, ACleanSetHasNotesOnly) {
  const CommandResult result = RunWarden(
      {"proto", "lint", "--descriptor-set", kShop, "--policy", kData + "shop_policy.yaml"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out,
            "shop.proto:21:3: note: shop.v1.Shop.Status: anybody may call it [public-method]\n"
            "shop.proto:32:3: warning: shop.v1.Shop.Upload: a stream without rate_limit; a caller "
            "may open any number [stream-without-limit]\n"
            "0 errors, 1 warning\n");
}

TEST(Lint, ATeamChoosesHowGraveARuleIs) {
  const std::vector<std::string> lint = {"proto", "lint", "--descriptor-set", kShop, "--rule"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), lint.begin(), lint.end());
    return RunWarden(more);
  };
  const CommandResult error = with({"public-method=error"});
  EXPECT_EQ(error.exit_status, 1);
  EXPECT_THAT(error.out, HasSubstr("error: shop.v1.Shop.Status: anybody may call it"));
  EXPECT_EQ(with({"public-method=error", "--public", "/shop.v1.Shop/Status"}).exit_status, 0);
  const CommandResult off = with({"public-method=off", "--rule", "stream-without-limit=off"});
  EXPECT_EQ(off.out, "0 errors, 0 warnings\n");
  EXPECT_EQ(with({"stream-without-limit=error"}).exit_status, 1);
  EXPECT_EQ(with({"acces=off"}).exit_status, 2);
  EXPECT_EQ(with({"access=off"}).exit_status, 2);  // always an error
  EXPECT_EQ(with({"unbound-role=grave"}).exit_status, 2);
}

TEST(Lint, WithoutPolicyPermissionsAreNotLookedFor) {
  const CommandResult result = RunWarden({"proto", "lint", "--descriptor-set", kShop});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("0 errors, 1 warning\n"));
}

TEST(Lint, WarnsOfWhatNobodyUses) {
  const std::string policy = kData + "unused_policy.yaml";
  const CommandResult result =
      RunWarden({"proto", "lint", "--descriptor-set", kShop, "--policy", policy});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr(policy + ":3:76: warning: no method asks for the permission `shop.never` "
                               "[unused-permission]\n"),
            HasSubstr(policy + ":4:3: warning: no binding gives the role `idle` [unbound-role]\n"),
            HasSubstr("0 errors, 3 warnings\n")));
}

TEST(Lint, FindsOneErrorOfEachKind) {
  const CommandResult result = RunWarden({"proto", "lint", "--descriptor-set", kBroken});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr(
                "broken.proto:17:3: error: broken.v1.Broken.Forgotten: has no access annotation"),
            HasSubstr("broken.proto:18:3: error: broken.v1.Broken.Both: (warden.v1.access): "
                      "contradicts itself"),
            HasSubstr("broken.proto:21:3: error: "), HasSubstr("[rate-limit]\n"),
            HasSubstr("[field-rules]\n"),
            HasSubstr("broken.proto:12:3: error: broken.v1.Item.id: `writable_by` has `A b`, which "
                      "is not a valid name"),
            HasSubstr("[field-rights]\n"), HasSubstr("5 errors, 2 warnings\n")));
}

TEST(Lint, ProblemsOfThePolicyAreErrors) {
  const CommandResult result = RunWarden(
      {"proto", "lint", "--descriptor-set", kShop, "--policy", kData + "broken_policy.yaml"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(
      result.out,
      HasSubstr("broken_policy.yaml:5:5: error: roles.reader.permisions: unknown key; did you mean "
                "`permissions`? [policy]\n"));
}

TEST(Lint, JsonSaysTheSame) {
  const CommandResult result = RunWarden({"proto", "lint", "--descriptor-set", kBroken, "--format",
                                          "json", "--service", "broken.v1.Broken"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("\"severity\": \"error\",\n      \"rule\": \"access\",\n"
                                          "      \"place\": \"broken.proto:17:3\""),
                                HasSubstr("\"rule\": \"public-method\"")));
}

// A set without its imports, and one whose parts do not fit.
TEST(Lint, ASetThatDoesNotBuildIsUnreadable) {
  google::protobuf::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromString(ReadFile(kShop)));
  google::protobuf::FileDescriptorSet alone;
  *alone.add_file() = *set.file().rbegin();
  const std::string path =
      ::testing::TempDir() + "/warden_alone_" + std::to_string(getpid()) + ".binpb";
  std::ofstream(path, std::ios::binary) << alone.SerializeAsString();
  CommandResult result = RunWarden({"proto", "lint", "--descriptor-set", path});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("--include_imports"), HasSubstr("warden/v1/annotations.proto")));

  set.mutable_file()->rbegin()->mutable_service(0)->mutable_method(0)->set_input_type(
      ".shop.v1.Nothing");
  std::ofstream(path, std::ios::binary) << set.SerializeAsString();
  result = RunWarden({"proto", "lint", "--descriptor-set", path});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("shop.v1.Nothing"));
  std::remove(path.c_str());
}

TEST(Lint, BadUsage) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"proto"},
           {"proto", "lint"},
           {"proto", "lint", "--descriptor-set", "/nonexistent"},
           {"proto", "lint", "--descriptor-set", kData + "shop.proto"},
           {"proto", "lint", "--descriptor-set", kShop, "--policy", "/nonexistent"},
           {"proto", "lint", "--descriptor-set", kShop, "--format", "xml"}}) {
    const CommandResult result = RunWarden(arguments);
    EXPECT_EQ(result.exit_status, 2) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.out, "");
  }
}

}  // namespace
}  // namespace warden
