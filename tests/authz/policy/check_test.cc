#include "authz/policy/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/policy/policy.h"
#include "tests/authz/policy/proto_text.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using warden::testing::AnnotatedProto;
using warden::testing::ProtoText;

std::vector<std::string> Check(const ProtoText& proto, const Policy* policy) {
  std::vector<std::string> lines;
  for (const Problem& problem : CheckMethods(proto.methods(), policy))
    lines.push_back(ToString(problem));
  return lines;
}

TEST(CheckMethods, FindsEveryProblemInTheMethodsOrder) {
  const ProtoText proto = AnnotatedProto(
      "service S {\n"
      "  rpc Forgotten(Req) returns (Res);\n"
      "  rpc Fine(Req) returns (Res) { option (warden.v1.access) = {permissions: 'orders.read'}; "
      "}\n"
      "  rpc Both(Req) returns (Res) { option (warden.v1.access) = {public: true authenticated: "
      "true}; }\n"
      "  rpc Typo(Req) returns (Res) { option (warden.v1.access) = {permissions: 'orders.raed' "
      "any_of: 'x'}; }\n"
      "}\n"
      "service Other { rpc Forgotten(Req) returns (Res); }\n");
  const auto policy = *Policy::FromYaml("roles: {r: {permissions: [orders.read]}}", "policy.yaml");
  const std::string forgotten =
      ": has no access annotation; add `option (warden.v1.access) = {...}`, or a default to its "
      "service or file";
  EXPECT_THAT(
      Check(proto, policy.get()),
      ElementsAre("test.proto:3:3: shop.S.Forgotten" + forgotten,
                  "test.proto:5:3: shop.S.Both: (warden.v1.access): contradicts itself; set only "
                  "one of `public`, "
                  "`authenticated` and `permissions` (with `any_of`)",
                  "test.proto:6:3: shop.S.Typo: no role of policy.yaml gives the permission "
                  "`orders.raed`; did you "
                  "mean `orders.read`?",
                  "test.proto:6:3: shop.S.Typo: no role of policy.yaml gives the permission `x`",
                  "test.proto:8:17: shop.Other.Forgotten" + forgotten));
  EXPECT_EQ(Check(proto, nullptr).size(), 3u) << "without a policy, only the annotations";
}

TEST(CheckMethods, FindsNothingWhereAllIsWell) {
  const ProtoText proto = AnnotatedProto(
      "service S { option (warden.v1.service_access) = {authenticated: true}; rpc A(Req) returns "
      "(Res); "
      "rpc B(Req) returns (Res) { option (warden.v1.access) = {public: true}; } }");
  EXPECT_THAT(Check(proto, Policy::FromYaml("{}", "policy.yaml")->get()), IsEmpty());
  EXPECT_THAT(CheckMethods({}, nullptr), IsEmpty());
}

}  // namespace
}  // namespace warden
