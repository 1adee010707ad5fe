#include "interceptors/normalize/normalizer.h"

#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "content_rules_test.pb.h"

namespace warden {
namespace {

using content_test::Form;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::shared_ptr<const Normalizer> Compiled(const google::protobuf::Descriptor& type) {
  std::vector<std::string> problems;
  auto normalizer = Normalizer::Compile(type, &problems);
  EXPECT_THAT(problems, IsEmpty());
  return normalizer;
}

// "field: message" of the violations.
std::vector<std::string> Apply(google::protobuf::Message* message, size_t max = 10) {
  std::vector<Violation> violations;
  const bool done = Compiled(*message->GetDescriptor())->Apply(message, max, &violations);
  EXPECT_EQ(done, violations.empty());
  std::vector<std::string> lines;
  for (const Violation& violation : violations) {
    EXPECT_EQ(violation.rule, "string.normalize");
    lines.push_back(violation.field + ": " + violation.message);
  }
  return lines;
}

Form Spaced(int depth) {
  Form form;
  form.set_name("  a   b ");
  form.add_tags(" x ");
  form.add_tags("y");
  (*form.mutable_labels())[" k "] = " v ";
  form.mutable_nick()->set_value(" n ");
  form.set_this_(" t ");
  form.set_dead(" d ");
  form.set_plain(" p ");
  (*form.mutable_wrapped())[7].set_value(" w ");
  if (depth == 0) return form;
  *form.mutable_inner() = Spaced(depth - 1);
  *form.add_list() = Spaced(depth - 1);
  (*form.mutable_forms())["f"] = Spaced(depth - 1);
  return form;
}

void ExpectNormal(const Form& form, int depth) {
  EXPECT_EQ(form.name(), "a b");
  EXPECT_THAT(form.tags(), ElementsAre("x", "y"));
  EXPECT_THAT(form.labels(), ElementsAre(::testing::Pair(" k ", "v")));
  EXPECT_EQ(form.nick().value(), "n");
  EXPECT_EQ(form.this_(), "t");
  EXPECT_EQ(form.dead(), " d ");
  EXPECT_EQ(form.plain(), " p ");
  EXPECT_EQ(form.wrapped().at(7).value(), "w");
  if (depth == 0) return;
  ExpectNormal(form.inner(), depth - 1);
  ASSERT_EQ(form.list_size(), 1);
  ExpectNormal(form.list(0), depth - 1);
  ASSERT_EQ(form.forms_size(), 1);
  ExpectNormal(form.forms().at("f"), depth - 1);
}

TEST(NormalizerTest, EveryPlaceIsNormalised) {
  Form form = Spaced(3);
  EXPECT_THAT(Apply(&form), IsEmpty());
  ExpectNormal(form, 3);
  // And what is sent on is the same.
  Form read;
  ASSERT_TRUE(read.ParseFromString(form.SerializeAsString()));
  ExpectNormal(read, 3);
}

TEST(NormalizerTest, DynamicMessagesAreNormalisedAlike) {
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(
      factory.GetPrototype(Form::descriptor())->New());
  ASSERT_TRUE(message->ParseFromString(Spaced(2).SerializeAsString()));
  EXPECT_THAT(Apply(message.get()), IsEmpty());
  Form read;
  ASSERT_TRUE(read.ParseFromString(message->SerializeAsString()));
  ExpectNormal(read, 2);
}

TEST(NormalizerTest, WhatIsAbsentStaysAbsent) {
  Form form;
  EXPECT_THAT(Apply(&form), IsEmpty());
  EXPECT_EQ(form.ByteSizeLong(), 0u);
  form.set_that(5);
  EXPECT_THAT(Apply(&form), IsEmpty());
  EXPECT_EQ(form.choice_case(), Form::kThat);
  form.set_this_("  ");
  EXPECT_THAT(Apply(&form), IsEmpty());
  EXPECT_EQ(form.choice_case(), Form::kThis);
  EXPECT_EQ(form.this_(), "");
}

TEST(NormalizerTest, RulesSeeTheNormalForm) {
  Form form;
  form.set_name("   abcde   ");
  EXPECT_THAT(Apply(&form), IsEmpty());
  std::vector<Violation> violations;
  EXPECT_TRUE((*Program::Compile(*Form::descriptor()))->Check(form, 5, &violations));
  EXPECT_EQ(form.name(), "abcde");
}

TEST(NormalizerTest, WhatCannotBeNormalisedLeavesTheMessageAsItWas) {
  Form form = Spaced(1);
  form.mutable_inner()->set_name("\xff planted");
  form.mutable_inner()->add_tags("\x80");
  (*form.mutable_forms())["planted"].set_name("\xff");
  *form.add_tags() = std::string((1 << 20) + 1, ' ');
  const std::string before = form.SerializePartialAsString();
  EXPECT_THAT(Apply(&form), UnorderedElementsAre("inner.name: is not valid UTF-8",
                                                 "inner.tags[2]: is not valid UTF-8",
                                                 "forms[*].name: is not valid UTF-8",
                                                 "tags[2]: is too long to be normalised"));
  EXPECT_EQ(form.SerializePartialAsString().size(), before.size());
  EXPECT_EQ(form.name(), "  a   b ");
  EXPECT_EQ(Apply(&form, 2).size(), 2u);
}

TEST(NormalizerTest, DepthIsBounded) {
  Form form;
  Form* deepest = &form;
  for (int i = 0; i < 100; ++i) deepest = deepest->mutable_inner();
  deepest->set_name(" a ");
  EXPECT_THAT(Apply(&form), IsEmpty());
  EXPECT_EQ(deepest->name(), "a");
  deepest->mutable_inner()->set_name(" a ");
  EXPECT_THAT(Apply(&form), ElementsAre(HasSubstr("message is nested too deeply")));
}

TEST(NormalizerTest, AMillionStrings) {
  Form form;
  for (int i = 0; i < 1'000'000; ++i) form.add_tags(i % 2 == 0 ? " a" : "a");
  EXPECT_THAT(Apply(&form), IsEmpty());
  for (const std::string& tag : form.tags()) ASSERT_EQ(tag, "a");
}

TEST(NormalizerTest, TypesWithoutFormsHaveNone) {
  EXPECT_EQ(Compiled(*content_test::Plain::descriptor()), nullptr);
}

TEST(NormalizerTest, ProblemsNameTheirPlace) {
  std::vector<std::string> problems;
  Normalizer::Compile(*content_test::BadForms::descriptor(), &problems);
  const std::string file = "content_rules_test.proto: content_test.BadForms.";
  EXPECT_THAT(problems,
              ::testing::IsSupersetOf(
                  {file + "twice: `string.normalize` has TRIM twice",
                   file + "none: `string.normalize`: 0 is not supported",
                   file + "keys: `map.keys.string.normalize`: keys cannot be normalised, since two "
                          "of them could become one"}));
  if (normalize::HasUnicode()) {
    EXPECT_THAT(problems,
                ::testing::IsSupersetOf(
                    {file + "both: `string.normalize`: LOWER and UPPER exclude each other",
                     file + "forms: `string.normalize`: NFC and NFKC exclude each other"}));
  } else {
    EXPECT_THAT(problems, ::testing::Contains(file + "both: `string.normalize`: LOWER needs a "
                                                     "build with WARDEN_WITH_ICU"));
  }
}

}  // namespace
}  // namespace warden
