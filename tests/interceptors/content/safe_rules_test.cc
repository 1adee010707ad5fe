// `string.safe` as a field rule, and what violations of sensitive fields say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "content_rules_test.pb.h"
#include "interceptors/rules/program.h"

namespace warden {
namespace {

using content_test::Note;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

const Program& Compiled() {
  static const auto* const program =
      new std::shared_ptr<const Program>(Program::Compile(*Note::descriptor()).value());
  return **program;
}

struct Checked {
  bool valid;
  std::vector<std::string> broken;    // "field: rule"
  std::vector<std::string> observed;  // likewise
};

Checked Check(const Note& note, size_t max = 10) {
  std::vector<Violation> violations;
  Checked checked{.valid = Compiled().Check(note, max, &violations)};
  for (const Violation& violation : violations) {
    (violation.observed ? checked.observed : checked.broken)
        .push_back(violation.field + ": " + violation.rule);
  }
  return checked;
}

TEST(SafeRulesTest, AttacksBreakTheirRule) {
  Note note;
  note.set_title("O'Brien or O'Neil");
  EXPECT_TRUE(Check(note).valid);
  note.set_title("' or 1=1--");
  EXPECT_THAT(Check(note).broken, ElementsAre("title: string.safe.sql"));
  note.set_title("<script>alert(1)</script>");
  EXPECT_THAT(Check(note).broken, ElementsAre("title: string.safe.xss"));
  note.set_title("a\x07");
  EXPECT_THAT(Check(note).broken, ElementsAre("title: string.safe.control_chars"));
  note.set_title("; ls -la");
  EXPECT_TRUE(Check(note).valid) << "the field is not asked about commands";
  note.set_title("\x01 <script>alert(1)</script> ' or 1=1--");
  EXPECT_THAT(Check(note).broken, ElementsAre("title: string.safe.sql")) << "the first one";
}

TEST(SafeRulesTest, EveryKindOfString) {
  Note note;
  note.add_tags("fine");
  note.add_tags("; cat /etc/passwd");
  (*note.mutable_labels())["a"] = "{{7*7}}";
  note.mutable_file()->set_value("../../etc/passwd");
  note.mutable_inner()->set_title("'; drop table users--");
  note.set_both("' or 1=1--");
  const Checked checked = Check(note);
  EXPECT_FALSE(checked.valid);
  EXPECT_THAT(checked.broken,
              ElementsAre("tags[1]: string.safe.command", "labels[\"a\"]: string.safe.template",
                          "file: string.safe.path_traversal", "inner.title: string.safe.sql",
                          "both: string.max_len", "both: string.safe.sql"));
  note.Clear();
  (*note.mutable_labels())["../x"] = "";
  EXPECT_THAT(Check(note).broken, ElementsAre("labels[\"../x\"]: string.safe.path_traversal"));
}

TEST(SafeRulesTest, WhatIsWatchedForDoesNotRefuse) {
  Note note;
  note.set_watched("' or 1=1--");
  const Checked checked = Check(note);
  EXPECT_TRUE(checked.valid);
  EXPECT_THAT(checked.broken, IsEmpty());
  EXPECT_THAT(checked.observed, ElementsAre("watched: string.safe.sql"));
}

// What is only watched for must not use up the room that violations have.
TEST(SafeRulesTest, WhatIsWatchedForHidesNoViolation) {
  Note note;
  Note* deepest = &note;
  for (int i = 0; i < 50; ++i) {
    deepest->set_watched("' or 1=1--");
    deepest = deepest->mutable_inner();
  }
  deepest->set_title("' or 1=1--");
  const Checked checked = Check(note, 3);
  EXPECT_FALSE(checked.valid);
  EXPECT_EQ(checked.broken.size(), 1u);
  EXPECT_EQ(checked.observed.size(), 3u);
}

TEST(SafeRulesTest, TextsThatAreTooLongToBeJudgedAreRefused) {
  Note note;
  note.add_tags(std::string((1 << 20) + 1, 'a'));
  EXPECT_THAT(Check(note).broken, ElementsAre("tags[0]: string.safe.command"));
}

TEST(SafeRulesTest, RuleIdsAreKnownBeforehand) {
  EXPECT_THAT(Compiled().rule_ids(),
              IsSupersetOf({"string.safe.sql", "string.safe.xss", "string.safe.control_chars",
                            "string.safe.bidi", "string.safe.header", "string.safe.nosql",
                            "string.safe.ldap", "string.safe.command", "string.safe.template",
                            "string.safe.path_traversal"}));
}

TEST(SafeRulesTest, MistakesAreFoundAtStartUp) {
  const auto program = Program::Compile(*content_test::BadSafe::descriptor());
  ASSERT_FALSE(program.ok());
  const std::string problems(program.status().message());
  const std::string file = "content_rules_test.proto: content_test.BadSafe.";
  EXPECT_THAT(problems, HasSubstr(file + "none: `string.safe`: 0 is not an attack"));
  EXPECT_THAT(problems, HasSubstr(file + "mode: `string.safe_mode` without `safe`"));
  EXPECT_THAT(problems,
              HasSubstr(file + "constant: the value of `string.const` breaks `string.safe.sql`"));
  EXPECT_THAT(problems, HasSubstr(file + "number: `string` rules do not fit"));
}

TEST(SafeRulesTest, ViolationsOfSensitiveFieldsNameNoConstants) {
  Note note;
  note.set_secret("wrong, and too long");
  std::vector<Violation> violations;
  EXPECT_FALSE(Compiled().Check(note, 10, &violations));
  std::vector<std::string> said;
  for (const Violation& violation : violations) {
    said.push_back(violation.rule + ": " + violation.message);
    EXPECT_THAT(violation.message, AllOf(Not(HasSubstr("open")), Not(HasSubstr("sesame")),
                                         Not(HasSubstr("\"o\"")), Not(HasSubstr("^o"))));
  }
  EXPECT_THAT(said, IsSupersetOf({"string.in: is not valid", "string.prefix: is not valid",
                                  "string.pattern: is not valid"}));
  EXPECT_THAT(said, Contains("string.max_len: must be at most 6 characters long"));
}

}  // namespace
}  // namespace warden
