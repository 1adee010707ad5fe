// Annotations of field rights that cannot be enforced are found at start-up, each with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "interceptors/rights/field_rights.h"
#include "tests/authz/policy/proto_text.h"
#include "tests/interceptors/rights/rights_testing.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Direction = FieldRights::Direction;

std::vector<std::string> Lines(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  for (const Problem& problem : problems) lines.push_back(ToString(problem));
  return lines;
}

std::vector<std::string> ProblemsOf(const std::string& message, Direction direction) {
  const ProtoText proto = AnnotatedProto(message);
  std::vector<Problem> problems;
  FieldRights::Compile(proto.message("shop.M"), direction, &problems);
  return Lines(problems);
}

TEST(CompileRightsTest, NamesMustBeNames) {
  EXPECT_THAT(ProblemsOf("message M {\n  string a = 1 [(warden.v1.writable_by) = \"A b\"];\n}",
                         Direction::kWrite),
              ElementsAre(AllOf(StartsWith("test.proto:3:3: shop.M.a: "),
                                HasSubstr("`writable_by`"), HasSubstr("`A b`"))));
  EXPECT_THAT(
      ProblemsOf("message M { string a = 1 [(warden.v1.readable_by) = \"\"]; }", Direction::kRead),
      ElementsAre(HasSubstr("not a valid name")));
}

TEST(CompileRightsTest, NamesStandThereOnce) {
  EXPECT_THAT(ProblemsOf("message M { string a = 1 [(warden.v1.readable_by) = \"x\", "
                         "(warden.v1.readable_by) = \"x\"]; }",
                         Direction::kRead),
              ElementsAre(HasSubstr("`x` twice")));
}

TEST(CompileRightsTest, OtherOptionsOfWardensMayNotBeLeftOut) {
  const ProtoText proto(
      "syntax = \"proto3\"; package shop; import \"google/protobuf/descriptor.proto\"; "
      "extend google.protobuf.FieldOptions { bool unknown = 73199; } "
      "message M { string a = 1 [(unknown) = true]; }");
  std::vector<Problem> problems;
  FieldRights::Compile(proto.message("shop.M"), Direction::kRead, &problems);
  EXPECT_THAT(Lines(problems), ElementsAre(AllOf(HasSubstr("shop.M.a: "), HasSubstr("73199"))));
}

TEST(CompileRightsTest, ProblemsBelowAreFoundOnce) {
  EXPECT_THAT(ProblemsOf("message N { string a = 1 [(warden.v1.writable_by) = \"-\"]; M m = 2; }\n"
                         "message M { repeated N list = 1; map<string, N> map = 2; N again = 3; }",
                         Direction::kWrite),
              ElementsAre(HasSubstr("shop.N.a: ")));
}

TEST(CompileRightsTest, OnlyTheDirectionThatCountsIsRead) {
  const std::string message =
      "message M { string a = 1 [(warden.v1.writable_by) = \"-\", (warden.v1.readable_by) = "
      "\"probe.admin\"]; }";
  EXPECT_THAT(ProblemsOf(message, Direction::kRead), IsEmpty());
  EXPECT_THAT(ProblemsOf(message, Direction::kWrite), ::testing::SizeIs(1));
}

TEST(CompileRightsTest, PermissionsThatNoRoleGivesAreNamedWithPlaceAndNeighbour) {
  const ProtoText proto = AnnotatedProto(
      "message N {\n"
      "  string a = 1 [(warden.v1.writable_by) = \"probe.amdin\", (warden.v1.writable_by) = "
      "\"probe.audit\"];\n"
      "}\n"
      "message M { map<int32, N> map = 1; }\n");
  std::vector<Problem> problems;
  const auto rights = FieldRights::Compile(proto.message("shop.M"), Direction::kWrite, &problems);
  ASSERT_NE(rights, nullptr);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(Lines(rights->UnknownPermissions(*RightsPolicy())),
              ElementsAre("test.proto:3:3: shop.N.a: no role of policy.yaml gives the permission "
                          "`probe.amdin`; did you mean `probe.admin`?"));
}

}  // namespace
}  // namespace warden::testing
