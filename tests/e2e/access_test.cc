// Who may call what, and methods that nobody can call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"
#include "warden/v1/annotations.pb.h"

namespace warden::testing {
namespace {

class AccessTest : public SuiteWorld<AccessTest> {};

enum class Peer { kClient, kAuditor };

// A caller, and what each method says to them.
struct Row {
  const char* what;
  Peer peer;
  bool has_token;
  std::vector<std::string> roles;                 // in the token
  std::map<std::string, const Refused*> answers;  // null: allowed
};

const Row kRows[] = {
    {"a peer alone",
     Peer::kClient,
     false,
     {},
     {{"Public", nullptr},
      {"Authenticated", nullptr},
      {"Unary", &kNoCredentials},
      {"ServerStream", &kNoCredentials},
      {"ClientStream", &kNoCredentials},
      {"BidiStream", &kNoCredentials},
      {"Restricted", &kNoCredentials},
      {"AnyOf", &kNoCredentials}}},
    {"the auditor's certificate alone",
     Peer::kAuditor,
     false,
     {},
     {{"Public", nullptr},
      {"Authenticated", nullptr},
      {"AnyOf", nullptr},
      {"Unary", &kNoCredentials},
      {"Restricted", &kNoCredentials}}},
    {"a token without roles",
     Peer::kClient,
     true,
     {},
     {{"Public", nullptr},
      {"Authenticated", nullptr},
      {"Unary", &kDenied},
      {"ServerStream", &kDenied},
      {"ClientStream", &kDenied},
      {"BidiStream", &kDenied},
      {"Restricted", &kDenied},
      {"AnyOf", &kDenied}}},
    {"a token with a role that the policy does not know",
     Peer::kClient,
     true,
     {"root"},
     {{"Authenticated", nullptr}, {"Unary", &kDenied}, {"AnyOf", &kDenied}}},
    {"a token that claims the role which only peers get",
     Peer::kClient,
     true,
     {"auditor"},
     {{"Authenticated", nullptr}, {"AnyOf", &kDenied}}},
    {"a caller",
     Peer::kClient,
     true,
     {"caller"},
     {{"Unary", nullptr},
      {"ServerStream", nullptr},
      {"ClientStream", nullptr},
      {"BidiStream", nullptr},
      {"Restricted", &kDenied},
      {"AnyOf", &kDenied}}},
    {"an admin",
     Peer::kClient,
     true,
     {"admin"},
     {{"Unary", nullptr}, {"Restricted", nullptr}, {"AnyOf", nullptr}}},
    {"a caller at the auditor's place",
     Peer::kAuditor,
     true,
     {"caller"},
     {{"Unary", nullptr}, {"Restricted", &kDenied}, {"AnyOf", nullptr}}},
};

TEST_P(AccessTest, EachCallerMayWhatTheirRolesGive) {
  const Certificate auditor = world().Identity("spiffe://probe.test/auditor");
  const auto auditors = world().Connect(&auditor);
  for (const Row& row : kRows) {
    const auto& channel = row.peer == Peer::kAuditor ? auditors : world().channel();
    const std::string token = row.has_token ? world().Token("alice", row.roles) : "";
    for (const auto& [method, refused] : row.answers) {
      SCOPED_TRACE(absl::StrCat(row.what, " calls ", method));
      const Counted before(world());
      const Answer answer = Perform(channel, World::Call(method, token));
      if (refused == nullptr) {
        before.ExpectAllowed(method, answer);
      } else {
        before.ExpectRefused(method, answer, *refused);
      }
    }
  }
}

TEST_P(AccessTest, TheOperatorLearnsWhichPermissionIsMissingAndTheClientDoesNot) {
  const Answer answer = Send(World::Call("Restricted", world().Token("carol", {"caller"})));
  const RefusalRecord record = world().sink().records().back();
  EXPECT_THAT(record.detail, ::testing::HasSubstr("probe.admin"));
  EXPECT_EQ(record.principal, "carol");
  EXPECT_EQ(record.peer, "spiffe://probe.test/client");
  EXPECT_THAT(record.address, ::testing::HasSubstr("127.0.0.1"));
  EXPECT_EQ(record.stage, "authorize");
  EXPECT_THAT(answer.Everything(), ::testing::Not(::testing::HasSubstr("probe.admin")));
}

const char* const kUnknownPaths[] = {
    "/warden.testing.v1.Probe/Nothing",
    "/warden.testing.v1.Probe/unary",
    "/warden.testing.v1.Probe/UNARY",
    "/warden.testing.v1.probe/Unary",
    "/warden.testing.v1.Probe/Unary/",
    "/warden.testing.v1.Probe//Unary",
    "//warden.testing.v1.Probe/Unary",
    "/warden.testing.v1.Probe/Unar%79",
    "/warden.testing.v1.Probe%2FUnary",
    "/warden.testing.v1.Probe/Unary%00",
    "/warden.testing.v1.Probe/Unary?x=1",
    "/warden.testing.v1.Probe/../warden.testing.v1.Probe/Unary",
    "/warden.testing.v1.Probe/*",
    "/warden.testing.v1.Probe/",
    "/warden.testing.v2.Probe/Unary",
    "/Probe/Unary",
    "/Unary",
    "/",
    "//",
    "/unknown",
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetServers",
};

TEST_P(AccessTest, MethodsThatNoServiceHasAreOneBoundedName) {
  const std::string token = world().Token("alice", {"admin"});
  for (const char* path : kUnknownPaths) {
    for (const std::string& credential : {token, std::string()}) {
      SCOPED_TRACE(path);
      RawCall call = World::Call("", credential);
      call.method = path;
      const Counted before(world());
      before.ExpectRefused("unknown", Send(call), kUnknownMethod);
    }
  }
  for (const auto& [sample, value] : world().Metrics()) {
    EXPECT_THAT(sample, ::testing::Not(::testing::HasSubstr("Nothing")));
    EXPECT_THAT(sample, ::testing::Not(::testing::HasSubstr("%79")));
  }
}

// Every method of the server, as its own descriptors name them.
std::vector<const google::protobuf::MethodDescriptor*> AllMethods() {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "warden.testing.v1.Probe");
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
    methods.push_back(service->method(i));
  }
  return methods;
}

TEST_P(AccessTest, AWalkWithoutCertificateEndsInRefusalEverywhere) {
  const auto channel = world().Connect(nullptr);
  const Counted before(world());
  ASSERT_GE(AllMethods().size(), 14u);
  for (const auto* method : AllMethods()) {
    SCOPED_TRACE(method->full_name());
    EXPECT_EQ(Perform(channel, World::Call(method->name(), "")).code,
              grpc::StatusCode::UNAVAILABLE);
  }
  before.ExpectNothing();
}

TEST_P(AccessTest, AWalkWithoutTokenEndsInRefusalWhereATokenIsNeeded) {
  int open = 0;
  for (const auto* method : AllMethods()) {
    SCOPED_TRACE(method->full_name());
    const auto& access = method->options().GetExtension(v1::access);
    const bool needs_no_token = access.public_() || access.authenticated();
    const Counted before(world());
    const Answer answer = Send(World::Call(method->name(), ""));
    if (needs_no_token) {
      ++open;
      before.ExpectAllowed(method->name(), answer);
    } else {
      before.ExpectRefused(method->name(), answer, kNoCredentials);
    }
  }
  EXPECT_EQ(open, 2);
}

INSTANTIATE_TEST_SUITE_P(Apis, AccessTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
