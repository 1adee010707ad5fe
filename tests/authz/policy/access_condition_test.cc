// `when` of annotations, where it is read.
#include "authz/policy/access_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "authz/policy/access.h"
#include "tests/authz/policy/proto_text.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using warden::testing::ProtoText;

ProtoText Proto(const std::string& access, const std::string& request = "Req") {
  return ProtoText(
      absl::StrCat("syntax = \"proto3\"; package shop; import \"warden/v1/annotations.proto\";\n"
                   "message Req { string owner = 1; } message Res {}\n"
                   "service S {\n  rpc M(",
                   request, ") returns (Res) { option (warden.v1.access) = {", access, "}; }\n}"));
}

std::string ProblemOf(const ProtoText& proto) {
  return std::string(ResolveAccess(proto.method("shop.S.M")).status().message());
}

TEST(AccessCondition, IsSplitByWhatNeedsTheRequest) {
  const ProtoText proto =
      Proto("authenticated: true when: \"caller.claims.a == 1 && request.owner == peer.address\"");
  const auto access = ResolveAccess(proto.method("shop.S.M"));
  ASSERT_TRUE(access.ok()) << access.status();
  ASSERT_NE(access->condition, nullptr);
  EXPECT_TRUE(access->condition->before_body.has_value());
  EXPECT_TRUE(access->condition->with_body.has_value());
  EXPECT_TRUE(access->condition->needs_address);
  EXPECT_EQ(ToString(*access), "authenticated and a condition");
}

TEST(AccessCondition, IsNullWithoutWhen) {
  const ProtoText proto = Proto("authenticated: true");
  const auto access = ResolveAccess(proto.method("shop.S.M"));
  ASSERT_TRUE(access.ok());
  EXPECT_EQ(access->condition, nullptr);
  EXPECT_EQ(ToString(*access), "authenticated");
}

TEST(AccessCondition, EveryProblemIsNamedWithItsPlace) {
  const std::string text =
      ProblemOf(Proto("authenticated: true when: \"request.a == 1 || request.b == 2\""));
  EXPECT_THAT(text, HasSubstr("test.proto:4:3: shop.S.M: (warden.v1.access): `when`, at 1:9: no "
                              "field `a` in shop.Req"));
  EXPECT_THAT(text, HasSubstr("`when`, at 1:27: no field `b` in shop.Req"));
}

TEST(AccessCondition, IsNotForPublicMethods) {
  EXPECT_THAT(ProblemOf(Proto("public: true when: \"true\"")),
              HasSubstr("has `when`, but `public` has no caller to ask about"));
}

TEST(AccessCondition, OfStreamedRequestsIsAboutTheCallerAlone) {
  EXPECT_THAT(ProblemOf(Proto("authenticated: true when: \"request.owner == 'a'\"", "stream Req")),
              HasSubstr("`when` needs `request`, but the method's requests are a stream"));
  EXPECT_EQ(ProblemOf(Proto("authenticated: true when: \"'a' in caller.roles\"", "stream Req")),
            "");
}

TEST(AccessCondition, OfAServiceIsCheckedAgainstEachOfItsMethods) {
  const ProtoText proto(
      "syntax = \"proto3\"; package shop; import \"warden/v1/annotations.proto\";\n"
      "message A { string owner = 1; } message B {}\n"
      "service S {\n"
      "  option (warden.v1.service_access) = {authenticated: true when: \"request.owner == "
      "'x'\"};\n"
      "  rpc MA(A) returns (B); rpc MB(B) returns (A);\n}");
  EXPECT_TRUE(ResolveAccess(proto.method("shop.S.MA")).ok());
  EXPECT_THAT(std::string(ResolveAccess(proto.method("shop.S.MB")).status().message()),
              HasSubstr("(warden.v1.service_access) of shop.S: `when`, at 1:9: no field `owner`"));
}

}  // namespace
}  // namespace warden
