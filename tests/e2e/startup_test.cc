// Servers that must not start: each names everything that is wrong, and serves nothing.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/world.h"
#include "warden/testing/v1/probe.grpc.pb.h"
#include "warden/testing/v1/refused.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string RefusalOf(WorldOptions options) {
  World world(std::move(options));
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument) << started;
  return std::string(started.message());
}

// Starts a server with the probe, and with one more service.
template <typename Service>
std::string RefusalOf() {
  Service service;
  return RefusalOf(
      {.customize = [&](ServerBuilder& builder) { builder.RegisterService(&service); }});
}

TEST(StartupTest, NamesEveryMethodWithoutAnnotation) {
  EXPECT_THAT(RefusalOf<v1::Unannotated::Service>(),
              AllOf(HasSubstr("Unannotated.First"), HasSubstr("Unannotated.Second"),
                    HasSubstr("no access annotation")));
  EXPECT_THAT(RefusalOf<v1::Unannotated::CallbackService>(),
              AllOf(HasSubstr("Unannotated.First"), HasSubstr("Unannotated.Second")));
}

TEST(StartupTest, RefusesAnnotationsThatCannotBeEnforced) {
  EXPECT_THAT(RefusalOf<v1::AsksForNothing::Service>(),
              AllOf(HasSubstr("AsksForNothing.Call"), HasSubstr("asks for nothing")));
  EXPECT_THAT(RefusalOf<v1::Contradiction::Service>(),
              AllOf(HasSubstr("Contradiction.Call"), HasSubstr("contradicts itself")));
  EXPECT_THAT(RefusalOf<v1::UnknownPermission::Service>(),
              AllOf(HasSubstr("UnknownPermission.Call"), HasSubstr("probe.cal"),
                    HasSubstr("did you mean `probe.call`")));
  EXPECT_THAT(RefusalOf<v1::LimitWithoutKey::Service>(),
              AllOf(HasSubstr("LimitWithoutKey.Call"), HasSubstr("key")));
  EXPECT_THAT(RefusalOf<v1::LimitWithoutTime::Service>(),
              AllOf(HasSubstr("LimitWithoutTime.Call"), HasSubstr("per")));
}

TEST(StartupTest, RefusesRulesThatCannotBeChecked) {
  EXPECT_THAT(RefusalOf<v1::RulesThatCannotBe::Service>(),
              AllOf(HasSubstr("backwards"), HasSubstr("pattern"), HasSubstr("type")));
}

TEST(StartupTest, RefusesRulesBehindHandlersThatDoNotParse) {
  v1::Probe::WithRawCallbackMethod_Checked<v1::Probe::Service> raw;
  v1::RulesOnAStream::WithRawCallbackMethod_Import<
      v1::RulesOnAStream::WithRawCallbackMethod_Chat<v1::RulesOnAStream::Service>>
      raw_streams;
  EXPECT_THAT(RefusalOf({.customize =
                             [&](ServerBuilder& builder) {
                               builder.RegisterService(&raw);
                               builder.RegisterService(&raw_streams);
                             },
                         .register_probe = false}),
              AllOf(HasSubstr("Probe/Checked"), HasSubstr("RulesOnAStream/Import"),
                    HasSubstr("RulesOnAStream/Chat"), HasSubstr("field rules")));
}

TEST(StartupTest, ListsTheProblemsOfAllPartsAtOnce) {
  v1::Unannotated::Service unannotated;
  v1::RulesThatCannotBe::Service wrong_rules;
  v1::Contradiction::Service around;
  World world({.extra_config = "limits:\n  max_keys: 10\n",
               .edit_config = {{"server.key", "absent.key"}, {"jwks.json", "policy.yaml"}},
               .customize = [&](ServerBuilder& builder) {
                 builder.RegisterService(&unannotated);
                 builder.RegisterService(&wrong_rules);
                 builder.grpc_builder().RegisterService(&around);
               }});
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(started.message()),
              AllOf(HasSubstr("Unannotated.First"), HasSubstr("Unannotated.Second"),
                    HasSubstr("backwards"), HasSubstr("Contradiction/Call"),
                    HasSubstr("absent.key"), HasSubstr("policy.yaml: not JSON")));
}

TEST(StartupTest, RefusesServicesAroundTheGate) {
  v1::Contradiction::Service sync;
  v1::Contradiction::CallbackService callback;
  v1::Contradiction::AsyncService async;
  for (grpc::Service* service : std::initializer_list<grpc::Service*>{&sync, &callback, &async}) {
    EXPECT_THAT(RefusalOf({.customize =
                               [&](ServerBuilder& builder) {
                                 builder.grpc_builder().RegisterService(service);
                               }}),
                AllOf(HasSubstr("Contradiction/Call"), HasSubstr("unguarded_methods")));
  }
}

TEST(StartupTest, RefusesToGateWhatCannotBeGated) {
  EXPECT_THAT(RefusalOf<v1::Contradiction::AsyncService>(),
              AllOf(HasSubstr("Contradiction/Call"), HasSubstr("cannot be gated")));
  EXPECT_THAT(RefusalOf<v1::Contradiction::WithGenericMethod_Call<v1::Contradiction::Service>>(),
              AllOf(HasSubstr("generic method"), HasSubstr("cannot be gated")));
}

TEST(StartupTest, AGenericServiceAroundTheGateIsNotServed) {
  grpc::AsyncGenericService generic;
  World world({.customize = [&](ServerBuilder& builder) {
    builder.grpc_builder().RegisterAsyncGenericService(&generic);
  }});
  // gRPC takes one generic service, and Warden's is there already.
  ASSERT_TRUE(world.Start().ok());
  const Counted before(world);
  const Answer answer =
      Perform(world.channel(), {.method = "/any.Service/Method", .messages = {""}});
  before.ExpectRefused("unknown", answer, kUnknownMethod);
}

TEST(StartupTest, ServesAroundTheGateWhatTheConfigurationNames) {
  v1::Contradiction::Service open;
  World world({.extra_config = "unguarded_methods: [/warden.testing.v1.Contradiction/Call]\n",
               .customize = [&](ServerBuilder& builder) {
                 builder.grpc_builder().RegisterService(&open);
               }});
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  RawCall call{.method = "/warden.testing.v1.Contradiction/Call", .messages = {""}};
  const Answer answer = Perform(world.channel(), call);
  EXPECT_EQ(answer.code, grpc::StatusCode::UNIMPLEMENTED);  // the generated default handler's
  EXPECT_EQ(answer.reason, "");
  // The handshake still asks for a certificate.
  EXPECT_EQ(Perform(world.Connect(nullptr), call).code, grpc::StatusCode::UNAVAILABLE);
}

TEST(StartupTest, RefusesOneMethodTwice) {
  std::atomic<int> runs = 0;
  const auto second = MakeProbe(Api::kSync, &runs);
  World world(
      {.customize = [&](ServerBuilder& builder) { builder.RegisterService(second.get()); }});
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument) << started;
  EXPECT_THAT(std::string(started.message()), HasSubstr("Probe/Unary"));
}

struct Files {
  const char* what;
  std::vector<std::pair<std::string, std::string>> edits;  // of warden.yaml
  std::function<void(const World&)> spoil;
  std::vector<std::string> names;  // what the error must contain
};

const Files kFiles[] = {
    {"no certificate", {{"server.crt", "absent.crt"}}, nullptr, {"absent.crt"}},
    {"no key", {{"server.key", "absent.key"}}, nullptr, {"absent.key"}},
    {"no authority", {{"ca.crt", "absent.crt"}}, nullptr, {"absent.crt"}},
    {"a key of another certificate",
     {},
     [](const World& world) {
       world.Write("server.key", world.Identity("spiffe://probe.test/x").private_key_pem);
     },
     {"server.key", "server.crt"}},
    {"an expired certificate",
     {},
     [](const World& world) {
       CertificateSpec spec;
       spec.common_name = "localhost";
       spec.not_after = absl::Now() - absl::Minutes(1);
       const Certificate old = world.authority().Issue(spec);
       world.Write("server.crt", old.certificate_pem);
       world.Write("server.key", old.private_key_pem);
     },
     {"server.crt"}},
    {"no PEM", {}, [](const World& world) { world.Write("ca.crt", "text"); }, {"ca.crt"}},
    {"no policy", {{"policy.yaml", "absent.yaml"}}, nullptr, {"absent.yaml"}},
    {"a policy with wrong keys",
     {},
     [](const World& world) { world.Write("policy.yaml", "roles: {}\nrolls: 1\n"); },
     {"policy.yaml:2", "rolls"}},
    {"a policy with a role of no definition",
     {},
     [](const World& world) {
       world.Write("policy.yaml",
                   "roles:\n  caller: {permissions: [probe.call, probe.admin, probe.audit]}\n"
                   "bindings:\n  - roles: [nobody]\n    claim: {path: roles, values: [x]}\n");
     },
     {"nobody"}},
    {"no key set", {{"jwks.json", "absent.json"}}, nullptr, {"absent.json"}},
    {"a key set that is no JSON",
     {},
     [](const World& world) { world.Write("jwks.json", "{"); },
     {"warden.yaml:12", "jwks.json: not JSON"}},
    {"a key set without keys",
     {},
     [](const World& world) { world.Write("jwks.json", "{\"keys\": []}"); },
     {"jwks.json: no key can be used"}},
    {"a wrong trust domain", {{"[probe.test]", "[Probe Test]"}}, nullptr, {"Probe Test"}},
    {"an algorithm that is none", {{"ES256", "none"}}, nullptr, {"none"}},
    {"a key that is not in the schema", {{"policy_file:", "policy_fil:"}}, nullptr, {"policy_fil"}},
    {"public metrics", {{"127.0.0.1:0", "0.0.0.0:0"}}, nullptr, {"warden.yaml:18", "loopback"}},
    {"metrics without port",
     {{"127.0.0.1:0", "127.0.0.1"}},
     nullptr,
     {"warden.yaml:18", "IP:PORT"}},
};

TEST(StartupTest, RefusesWrongFiles) {
  for (const Files& files : kFiles) {
    SCOPED_TRACE(files.what);
    World world({.edit_config = files.edits});
    if (files.spoil) files.spoil(world);
    const absl::Status started = world.Start();
    EXPECT_FALSE(started.ok());
    EXPECT_NE(started.code(), absl::StatusCode::kInternal);
    for (const std::string& name : files.names) {
      EXPECT_THAT(std::string(started.message()), HasSubstr(name));
    }
    EXPECT_THAT(std::string(started.message()), ::testing::Not(HasSubstr("PRIVATE KEY")));
  }
}

TEST(StartupTest, PublicMetricsNeedTheirSearchableOptIn) {
  World world(
      {.edit_config = {{"127.0.0.1:0", "0.0.0.0:0\n  insecure_allow_public_address: true"}}});
  const absl::Status started = world.Start();
  EXPECT_TRUE(started.ok()) << started;
}

// A port that somebody else has. gRPC shares its own ports with other gRPC servers (SO_REUSEPORT).
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, any, size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { close(fd_); }
  int port() const { return port_; }

 private:
  const int fd_;
  int port_ = 0;
};

TEST(StartupTest, APortThatIsTakenIsUnavailable) {
  const TakenPort taken;
  const std::string address = absl::StrCat("127.0.0.1:", taken.port());
  World world({.customize = [&](ServerBuilder& builder) { builder.AddListeningPort(address); }});
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable) << started;
  EXPECT_THAT(std::string(started.message()), HasSubstr(address));
}

TEST(StartupTest, AMetricsPortThatIsTakenIsUnavailable) {
  const TakenPort taken;
  World world({.edit_config = {{"127.0.0.1:0", absl::StrCat("127.0.0.1:", taken.port())}}});
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable) << started;
}

}  // namespace
}  // namespace warden::testing
