// What annotations ask for, and who is let through.
#include "authz/policy/access.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "authz/policy/policy.h"
#include "tests/authz/policy/proto_text.h"
#include "tests/authz/policy/test_name.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::TestWithParam;
using warden::testing::AnnotatedProto;
using warden::testing::ProtoText;
using Kind = MethodAccess::Kind;

absl::StatusOr<MethodAccess> Resolve(const std::string& option) {
  const ProtoText proto =
      AnnotatedProto("service S { rpc M(Req) returns (Res) { " + option + " } }");
  return ResolveAccess(proto.method("shop.S.M"));
}

TEST(ResolveAccess, ReadsEachKind) {
  EXPECT_EQ(Resolve("option (warden.v1.access) = {public: true};")->kind, Kind::kPublic);
  EXPECT_EQ(Resolve("option (warden.v1.access) = {authenticated: true};")->kind,
            Kind::kAuthenticated);
  const auto all = Resolve("option (warden.v1.access) = {permissions: ['a', 'b']};");
  EXPECT_EQ(all->kind, Kind::kPermissions);
  EXPECT_THAT(all->all_of, ElementsAre("a", "b"));
  EXPECT_THAT(all->any_of, IsEmpty());
  const auto any = Resolve("option (warden.v1.access) = {any_of: ['a']};");
  EXPECT_EQ(any->kind, Kind::kPermissions);
  EXPECT_THAT(any->any_of, ElementsAre("a"));
  EXPECT_EQ(
      ToString(*Resolve("option (warden.v1.access) = {permissions: 'a' any_of: ['b', 'c']};")),
      "a and one of (b, c)");
}

TEST(ResolveAccess, NearestLevelCountsAsAWhole) {
  const ProtoText proto = AnnotatedProto(R"(
    option (warden.v1.file_access) = {permissions: "file"};
    service Own {
      option (warden.v1.service_access) = {permissions: "service", any_of: ["x"]};
      rpc Method(Req) returns (Res) { option (warden.v1.access) = {permissions: "method"}; }
      rpc Open(Req) returns (Res) { option (warden.v1.access) = {public: true}; }
      rpc Service(Req) returns (Res);
    }
    service Plain { rpc File(Req) returns (Res); }
  )");
  EXPECT_EQ(ToString(*ResolveAccess(proto.method("shop.Own.Method"))), "method");
  EXPECT_EQ(ToString(*ResolveAccess(proto.method("shop.Own.Open"))), "public");
  EXPECT_EQ(ToString(*ResolveAccess(proto.method("shop.Own.Service"))), "service and one of (x)");
  EXPECT_EQ(ToString(*ResolveAccess(proto.method("shop.Plain.File"))), "file");
}

TEST(ResolveAccess, NoAnnotationIsNotFound) {
  const ProtoText proto = AnnotatedProto("service S {\n  rpc M(Req) returns (Res);\n}");
  const auto access = ResolveAccess(proto.method("shop.S.M"));
  EXPECT_TRUE(absl::IsNotFound(access.status()));
  EXPECT_EQ(std::string(access.status().message()),
            "test.proto:3:3: shop.S.M: has no access annotation; add `option (warden.v1.access) = "
            "{...}`, or a default to "
            "its service or file");
}

struct Bad {
  std::string access;
  std::string error;  // after the place
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << testing::SafeName(bad.access); }

class AccessRefuses : public TestWithParam<Bad> {};

TEST_P(AccessRefuses, Naming) {
  const auto access = Resolve("option (warden.v1.access) = {" + GetParam().access + "};");
  EXPECT_TRUE(absl::IsInvalidArgument(access.status()));
  EXPECT_THAT(std::string(access.status().message()),
              HasSubstr("test.proto:2:13: shop.S.M: (warden.v1.access): " + GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Table, AccessRefuses,
    ::testing::Values(Bad{"", "asks for nothing"}, Bad{"public: false", "asks for nothing"},
                      Bad{"authenticated: false", "asks for nothing"},
                      Bad{"public: true authenticated: true", "contradicts itself"},
                      Bad{"public: true permissions: 'a'", "contradicts itself"},
                      Bad{"public: true any_of: 'a'", "contradicts itself"},
                      Bad{"authenticated: true permissions: 'a'", "contradicts itself"},
                      Bad{"permissions: ''", "`permissions` has ``, which is not a valid name"},
                      Bad{"permissions: 'Orders.Read'",
                          "`permissions` has `Orders.Read`, which is not a valid name"},
                      Bad{"permissions: 'orders.*'",
                          "`permissions` has `orders.*`, which is not a valid name"},
                      Bad{"any_of: ['a', ' b']", "`any_of` has ` b`, which is not a valid name"},
                      Bad{"permissions: ['a', 'a']", "`permissions` has `a` twice"},
                      Bad{"any_of: ['a', 'b', 'a']", "`any_of` has `a` twice"},
                      Bad{"permissions: 'a' any_of: ['b', 'a']",
                          "`any_of` has `a`, which `permissions` needs already"}));

TEST(ResolveAccess, ListsEveryProblem) {
  const auto access =
      Resolve("option (warden.v1.access) = {public: true permissions: ['A', 'b', 'b']};");
  const std::string text(access.status().message());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

TEST(ResolveAccess, ABadServiceDefaultNamesTheServiceAndEachMethod) {
  const ProtoText proto = AnnotatedProto(
      "service S {\n  option (warden.v1.service_access) = {};\n  rpc M(Req) returns (Res);\n}");
  EXPECT_THAT(
      std::string(ResolveAccess(proto.method("shop.S.M")).status().message()),
      HasSubstr(
          "test.proto:2:1: shop.S.M: (warden.v1.service_access) of shop.S: asks for nothing"));
}

// Options as a later version of Warden might have them.
absl::Status ResolveWithUnknown(int in_access, int in_options) {
  const ProtoText proto = AnnotatedProto(
      "service S { rpc M(Req) returns (Res) { option (warden.v1.access) = {public: true}; } }");
  google::protobuf::FileDescriptorProto file;
  proto.file().CopyTo(&file);
  auto* options = file.mutable_service(0)->mutable_method(0)->mutable_options();
  if (in_access != 0) {
    v1::Access* access = options->MutableExtension(v1::access);
    access->GetReflection()->MutableUnknownFields(access)->AddVarint(in_access, 1);
  }
  if (in_options != 0)
    options->GetReflection()->MutableUnknownFields(options)->AddVarint(in_options, 1);
  google::protobuf::DescriptorPool pool(proto.file().pool());  // with the imports of the first
  file.set_name("later.proto");
  file.set_package("later");
  for (auto& method : *file.mutable_service(0)->mutable_method()) {
    method.set_input_type(".later.Req");
    method.set_output_type(".later.Res");
  }
  const google::protobuf::FileDescriptor* built = pool.BuildFile(file);
  EXPECT_NE(built, nullptr);
  return ResolveAccess(*built->service(0)->method(0)).status();
}

TEST(ResolveAccess, RestrictionsThatItDoesNotKnowAreAnError) {
  EXPECT_TRUE(ResolveWithUnknown(0, 0).ok());
  EXPECT_TRUE(ResolveWithUnknown(0, 50000).ok()) << "other people's options do not matter";
  EXPECT_THAT(std::string(ResolveWithUnknown(9, 0).message()),
              HasSubstr("has a field 9 that this version of Warden does not"));
  EXPECT_THAT(std::string(ResolveWithUnknown(0, 73150).message()),
              HasSubstr("has options of Warden (73150) that this version"));
}

constexpr char kPolicy[] = R"(
roles:
  reader: {permissions: [read]}
  writer: {permissions: [read, write]}
  other: {permissions: [other]}
bindings:
  - {roles: [reader], peer: {dns_names: [reader]}}
  - {roles: [writer], peer: {dns_names: [writer]}}
  - {roles: [other], peer: {dns_names: [other]}}
)";

class Rules : public ::testing::Test {
 protected:
  std::shared_ptr<const Policy> policy_ = *Policy::FromYaml(kPolicy, "policy.yaml");

  // A caller with the role of this name, or with none; "" for an anonymous one.
  static std::shared_ptr<const Principal> Caller(const Policy& policy, const std::string& name) {
    auto peer = std::make_shared<Peer>();
    peer->dns_sans = {name};
    if (!name.empty()) peer->certificate_sha256 = std::string(64, 'a');
    return policy.MakePrincipal(std::move(peer), nullptr);
  }
  std::shared_ptr<const Principal> Caller(const std::string& name) {
    return Caller(*policy_, name);
  }

  AccessRule Rule(Kind kind, std::vector<std::string> all_of = {},
                  std::vector<std::string> any_of = {}) {
    return *AccessRule::Compile({kind, std::move(all_of), std::move(any_of)}, policy_);
  }

  // Of anonymous, nobody, reader, writer, other: those who are let through.
  std::vector<std::string> AllowedBy(const AccessRule& rule) {
    std::vector<std::string> allowed;
    for (const std::string name : {"", "nobody", "reader", "writer", "other"}) {
      const auto caller = Caller(name);
      if (rule.Allows(*caller)) allowed.push_back(name);
      EXPECT_EQ(rule.Allows(*caller), rule.WhyDenied(*caller).empty()) << name;
    }
    return allowed;
  }
};

TEST_F(Rules, LetThroughWhoHasWhatIsAsked) {
  EXPECT_THAT(AllowedBy(Rule(Kind::kPublic)),
              ElementsAre("", "nobody", "reader", "writer", "other"));
  EXPECT_THAT(AllowedBy(Rule(Kind::kAuthenticated)),
              ElementsAre("nobody", "reader", "writer", "other"));
  EXPECT_THAT(AllowedBy(Rule(Kind::kPermissions, {"read"})), ElementsAre("reader", "writer"));
  EXPECT_THAT(AllowedBy(Rule(Kind::kPermissions, {"read", "write"})), ElementsAre("writer"));
  EXPECT_THAT(AllowedBy(Rule(Kind::kPermissions, {"read", "other"})), IsEmpty());
  EXPECT_THAT(AllowedBy(Rule(Kind::kPermissions, {}, {"write", "other"})),
              ElementsAre("writer", "other"));
  EXPECT_THAT(AllowedBy(Rule(Kind::kPermissions, {"read"}, {"write", "other"})),
              ElementsAre("writer"));
}

TEST_F(Rules, SayWhatIsMissing) {
  const AccessRule rule = Rule(Kind::kPermissions, {"read", "write"}, {"other"});
  EXPECT_EQ(rule.WhyDenied(*Caller("reader")), "lacks write; lacks all of (other)");
  EXPECT_THAT(rule.MissingPermissions(*Caller("reader")), ElementsAre("write", "other"));
  EXPECT_EQ(rule.WhyDenied(*Caller("nobody")), "lacks read, write; lacks all of (other)");
  EXPECT_EQ(rule.WhyDenied(*Caller("")), "not authenticated");
  EXPECT_EQ(Rule(Kind::kPermissions, {}, {"write", "other"}).WhyDenied(*Caller("reader")),
            "lacks all of (write, other)");
  EXPECT_THAT(Rule(Kind::kAuthenticated).MissingPermissions(*Caller("")), IsEmpty());
  EXPECT_EQ(Rule(Kind::kAuthenticated).WhyDenied(*Caller("")), "not authenticated");
}

TEST_F(Rules, OneThatWasNeverCompiledAllowsNobody) {
  EXPECT_THAT(AllowedBy(AccessRule()), IsEmpty());
  EXPECT_EQ(AccessRule().WhyDenied(*Caller("writer")), "the rule is empty");
}

TEST_F(Rules, OneThatWasMovedFromAllowsNobody) {
  for (const Kind kind : {Kind::kPublic, Kind::kAuthenticated, Kind::kPermissions}) {
    AccessRule source = Rule(kind, kind == Kind::kPermissions ? std::vector<std::string>{"read"}
                                                              : std::vector<std::string>{});
    const std::vector<std::string> before = AllowedBy(source);
    AccessRule target(std::move(source));
    EXPECT_EQ(AllowedBy(target), before);
    EXPECT_THAT(AllowedBy(source), IsEmpty());  // NOLINT(bugprone-use-after-move): what is tested
    AccessRule assigned;
    assigned = std::move(target);
    EXPECT_EQ(AllowedBy(assigned), before);
    EXPECT_THAT(AllowedBy(target), IsEmpty());  // NOLINT(bugprone-use-after-move)
    const AccessRule copy = assigned;
    EXPECT_EQ(AllowedBy(copy), before);
  }
}

TEST_F(Rules, AreNotCompiledWithoutSense) {
  EXPECT_TRUE(
      absl::IsInvalidArgument(AccessRule::Compile({Kind::kPermissions, {}, {}}, policy_).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      AccessRule::Compile({Kind::kPermissions, {"read"}, {}}, nullptr).status()));
  EXPECT_EQ(
      std::string(
          AccessRule::Compile({Kind::kPermissions, {"reed"}, {"zzz"}}, policy_).status().message()),
      "no role of policy.yaml gives the permission `reed`; did you mean `read`?\n"
      "no role of policy.yaml gives the permission `zzz`");
  EXPECT_TRUE(AccessRule::Compile({Kind::kPublic, {}, {}}, nullptr).ok());
}

// Ids differ between the versions: in the other one `write` has the number that `read` has here.
TEST_F(Rules, JudgeAPrincipalByThePolicyThatMadeIt) {
  const auto next = *Policy::FromYaml(
      "roles: {reader: {permissions: [a, b, read]}, writer: {permissions: [other, write]}}\n"
      "bindings: [{roles: [reader], peer: {dns_names: [reader]}}, {roles: [writer], peer: "
      "{dns_names: [writer]}}]",
      "next.yaml");
  const AccessRule read = Rule(Kind::kPermissions, {"read"});
  EXPECT_TRUE(read.Allows(*Caller(*next, "reader")));
  EXPECT_FALSE(read.Allows(*Caller(*next, "writer")));
  EXPECT_FALSE(read.Allows(*Caller(*next, "")));
  const AccessRule any = Rule(Kind::kPermissions, {}, {"write", "other"});
  EXPECT_FALSE(any.Allows(*Caller(*next, "reader")));
  EXPECT_TRUE(any.Allows(*Caller(*next, "writer")));
}

}  // namespace
}  // namespace warden
