// What `warden proto lint` says of field rules, and `warden message validate` of where they stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "tests/tools/run_warden.h"

namespace warden {
namespace {

using testing::CommandResult;
using testing::RunWarden;

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::string kRules = std::string(WARDEN_TEST_SETS) + "/rules.binpb";

TEST(RuleLint, FindsWhatMakesNoSense) {
  const CommandResult result = RunWarden({"proto", "lint", "--descriptor-set", kRules});
  EXPECT_EQ(result.exit_status, 0) << "advice only";
  std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "0 errors, 12 warnings");
  lines.pop_back();
  const std::string field = "warning: lint.v1.Request.";
  EXPECT_THAT(
      lines,
      UnorderedElementsAre(
          "rules.proto:15:28: " + field +
              "long_pattern: what `string.pattern` matches has at least 10 characters, more than "
              "the field may have [rule-contradiction]",
          "rules.proto:18:5: " + field +
              "short_pattern: what `string.pattern` matches has at most 4 characters, fewer than "
              "the field must have [rule-contradiction]",
          "rules.proto:20:24: " + field +
              "prefixed: `string.pattern` matches nothing that begins with `string.prefix` "
              "[rule-contradiction]",
          "rules.proto:21:23: " + field +
              "ignored: has rules that `ignore: IGNORE_ALWAYS` switches off [rule-ignored]",
          "rules.proto:22:22: " + field +
              "listed: `string.safe` has no effect: the values are listed [safe-without-effect]",
          "rules.proto:23:18: " + field +
              "id: `string.safe` has no effect: the format lets nothing of the kind through "
              "[safe-without-effect]",
          "rules.proto:24:20: " + field +
              "form: `string.in` has a value that no value equals after `string.normalize` "
              "[normalize-constant]",
          "rules.proto:25:22: " + field +
              "status: `required` with `writable_by`: who may not set the field cannot call at "
              "all; ask for the permission of the method instead [required-writable]",
          "rules.proto:26:19: " + field +
              "pin: `string.in` names values of a sensitive field, for whoever reads the .proto "
              "[sensitive-constant]",
          "rules.proto:27:30: " + field +
              "tags: what `string.pattern` matches has at least 3 characters, more than the field "
              "may have [rule-contradiction]",
          "rules.proto:40:20: warning: lint.v1.Inner.code: what `string.pattern` matches has at "
          "least 3 characters, more than the field may have [rule-contradiction]",
          "rules.proto:44:18: warning: lint.v1.Reply.key: `bytes.const` names values of a "
          "sensitive field, for whoever reads the .proto [sensitive-constant]"));
}

TEST(RuleLint, ATeamChoosesHowGraveItIs) {
  const CommandResult error = RunWarden(
      {"proto", "lint", "--descriptor-set", kRules, "--rule", "rule-contradiction=error"});
  EXPECT_EQ(error.exit_status, 1);
  EXPECT_THAT(error.out, HasSubstr("5 errors, 7 warnings"));
  const CommandResult off =
      RunWarden({"proto", "lint", "--descriptor-set", kRules, "--rule", "sensitive-constant=off"});
  EXPECT_THAT(off.out, HasSubstr("0 errors, 10 warnings"));
}

TEST(RuleSource, ValidateNamesTheRulesPlace) {
  const CommandResult result = RunWarden(
      {"message", "validate", "--descriptor-set", kRules, "--type", "lint.v1.Request"},
      R"({"shortPattern": "a", "tags": ["a"], "text": "' or 1=1--", "inner": {"code": "a"}})");
  EXPECT_EQ(result.exit_status, 1) << result.err;
  std::vector<std::string> lines;
  for (const auto& each : nlohmann::json::parse(result.out)) {
    lines.push_back(absl::StrCat(each.at("field").get<std::string>(), " ",
                                 each.at("rule").get<std::string>(), " ",
                                 each.at("source").get<std::string>()));
  }
  EXPECT_THAT(lines, ::testing::IsSupersetOf({"short_pattern string.min_len rules.proto:17:5",
                                              "tags[0] string.pattern rules.proto:27:30",
                                              "text string.safe.sql rules.proto:35:21",
                                              "inner.code string.len rules.proto:40:20"}));
}

TEST(RuleSource, StringsAreNormalisedFirst) {
  const std::string blanks(200, ' ');
  const CommandResult result =
      RunWarden({"message", "validate", "--descriptor-set", kRules, "--type", "lint.v1.Request"},
                absl::StrCat(R"({"text": ")", blanks, R"(a"})"));
  EXPECT_EQ(result.out.find("\"text\""), std::string::npos) << result.out;
}

}  // namespace
}  // namespace warden
