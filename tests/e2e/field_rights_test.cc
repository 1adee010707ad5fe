// Callers set no field that they may not set, and are sent none that they may not see: on every
// kind of method.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/call_registry.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/record_service.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/messages.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using v1::Record;

constexpr char kPolicy[] = R"(
roles:
  caller: {permissions: [probe.call]}
  admin: {permissions: [probe.call, probe.admin]}
  auditor: {permissions: [probe.call, probe.audit]}
bindings:
  - {roles: [caller], claim: {path: roles, values: [caller]}}
  - {roles: [admin], claim: {path: roles, values: [admin]}}
  - {roles: [auditor], claim: {path: roles, values: [auditor]}}
)";

const Refused kNotWritable = {grpc::StatusCode::PERMISSION_DENIED, "FIELD_NOT_WRITABLE",
                              "field_not_writable"};

std::string Full(const std::string& method) { return "/warden.testing.v1.Records/" + method; }

// Has the response serialized before Warden sees it.
class Serializer final : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_MESSAGE)) {
      methods->GetSerializedSendMessage();
    }
    methods->Proceed();
  }
};

class SerializerFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new Serializer;
  }
};

class FieldRightsTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override {
    service_ = MakeRecords(GetParam(), &recorded_);
    Start(nullptr);
  }
  void Start(const std::function<void(ServerBuilder&)>& customize) {
    world_ = std::make_unique<World>(WorldOptions{
        .api = GetParam(), .policy = kPolicy, .customize = [&](ServerBuilder& builder) {
          builder.RegisterService(service_.get());
          if (customize != nullptr) customize(builder);
        }});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(const std::string& method, const std::string& role,
              const std::vector<Record>& records) {
    RawCall call = World::Call("", role.empty() ? "" : world_->Token("alice", {role}));
    call.method = Full(method);
    call.messages.clear();
    for (const Record& record : records) call.messages.push_back(record.SerializeAsString());
    return Perform(world_->channel(), call);
  }

  Recorded recorded_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<World> world_;
};

// May be sent by anyone; seen by some.
Record Paid(const std::string& id) {
  Record record;
  record.set_id(id);
  record.set_salary(4242);
  record.mutable_note()->set_value("admins-note");
  record.add_children()->set_salary(4343);
  (*record.mutable_by_name())["a"].set_salary(4444);
  Record packed;
  packed.set_salary(4545);
  record.mutable_extra()->PackFrom(packed);
  return record;
}

void ExpectPaid(const std::string& reply, const std::string& id, bool salary, bool note) {
  Record record, packed;
  ASSERT_TRUE(record.ParseFromString(reply));
  EXPECT_EQ(record.id(), id);
  EXPECT_EQ(record.salary(), salary ? 4242 : 0);
  EXPECT_EQ(record.note().value(), note ? "admins-note" : "");
  ASSERT_EQ(record.children_size(), 1);
  EXPECT_EQ(record.children(0).salary(), salary ? 4343 : 0);
  EXPECT_EQ(record.by_name().at("a").salary(), salary ? 4444 : 0);
  ASSERT_TRUE(record.extra().UnpackTo(&packed));
  EXPECT_EQ(packed.salary(), salary ? 4545 : 0);
}

TEST_P(FieldRightsTest, ResponsesHoldWhatTheCallerMaySee) {
  for (const std::string method : {"Get", "List", "Put", "Exchange"}) {
    for (const std::string role : {"caller", "admin", "auditor"}) {
      SCOPED_TRACE(method + " " + role);
      const bool streams = method == "Put" || method == "Exchange";
      const Answer answer = Send(
          method, role,
          streams ? std::vector<Record>{Paid("1"), Paid("2")} : std::vector<Record>{Paid("1")});
      ASSERT_TRUE(answer.ok()) << answer.text;
      ASSERT_THAT(answer.replies, SizeIs(method == "List" || method == "Exchange" ? 2 : 1));
      for (size_t i = 0; i < answer.replies.size(); ++i) {
        const bool second = method == "Put" || (method == "Exchange" && i == 1);
        ExpectPaid(answer.replies[i], second ? "2" : "1", role != "caller", role == "admin");
      }
    }
  }
  EXPECT_EQ(recorded_.changed, 0);
  EXPECT_THAT(world_->sink().records(), IsEmpty());
}

TEST_P(FieldRightsTest, NobodyInParticularSeesWhatIsOpen) {
  const Answer answer = Send("Public", "", {Paid("1")});
  ASSERT_THAT(answer.replies, SizeIs(1)) << answer.text;
  ExpectPaid(answer.replies[0], "1", false, false);
}

TEST_P(FieldRightsTest, ResponsesThatUsersInterceptorsSerializedAreRedacted) {
  Start([](ServerBuilder& builder) {
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> own;
    own.push_back(std::make_unique<SerializerFactory>());
    builder.grpc_builder().experimental().SetInterceptorCreators(std::move(own));
  });
  for (const std::string method : {"Get", "List", "Put", "Exchange"}) {
    for (const std::string role : {"caller", "admin"}) {
      SCOPED_TRACE(method + " " + role);
      const Answer answer = Send(method, role, {Paid("1")});
      ASSERT_TRUE(answer.ok()) << answer.text;
      ASSERT_THAT(answer.replies, Not(IsEmpty()));
      for (const std::string& reply : answer.replies) {
        ExpectPaid(reply, "1", role != "caller", role == "admin");
      }
    }
  }
}

TEST_P(FieldRightsTest, AFieldThatMayNotBeSetRefusesTheCall) {
  Record record;
  record.add_children();
  record.add_children()->set_status("planted-value");
  for (const std::string method : {"Get", "List", "Open", "Public"}) {
    SCOPED_TRACE(method);
    const Counted before(*world_);
    const Answer answer = Send(method, "caller", {record});
    before.ExpectRefused(Full(method), answer, kNotWritable);
    EXPECT_THAT(answer.violations, ElementsAre(Pair("children[1].status", "WRITABLE_BY")));
    EXPECT_THAT(answer.Everything(), Not(HasSubstr("planted")));
    EXPECT_EQ(world_->sink().records().back().detail, "children[1].status [writable_by]");
    EXPECT_TRUE(Send(method, "admin", {record}).ok());
  }
  EXPECT_EQ(recorded_.delivered, 4) << "those of the admin";
}

TEST_P(FieldRightsTest, AStreamedFieldThatMayNotBeSetEndsTheStream) {
  Record bad;
  bad.set_id("2");
  bad.set_frozen(false);
  int delivered = 0;
  for (const std::string method : {"Put", "Exchange"}) {
    SCOPED_TRACE(method);
    const size_t records = world_->sink().records().size();
    const Answer answer = Send(method, "caller", {Paid("1"), bad, Paid("3")});
    EXPECT_EQ(answer.code, grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(answer.text, StartsWith("the request sets a field that the caller may not set: "
                                        "frozen "));
    EXPECT_TRUE(Eventually([] { return CallRegistry::Instance().size() == 0; }));
    EXPECT_EQ(recorded_.delivered, ++delivered);
    ASSERT_THAT(world_->sink().records(), SizeIs(records + 1));
    EXPECT_EQ(world_->sink().records().back().reason, "field_not_writable");
    EXPECT_EQ(world_->Metrics().at(absl::StrCat("warden_streams_ended_total{method=\"",
                                                Full(method), "\",reason=\"field_not_writable\"}")),
              1);
    EXPECT_TRUE(Send(method, "admin", {Paid("1"), bad, Paid("3")}).ok());
    delivered += 3;
  }
}

TEST_P(FieldRightsTest, AnUnknownTypeInAnAnyIsNotLetIn) {
  Record record;
  record.mutable_extra()->set_type_url("type.googleapis.com/no.such.Type");
  const Counted before(*world_);
  before.ExpectRefused(Full("Get"), Send("Get", "admin", {record}), kNotWritable);
}

class StreamedRecords final
    : public v1::Records::WithStreamedUnaryMethod_Get<v1::Records::Service> {
  grpc::Status StreamedGet(grpc::ServerContext*,
                           grpc::ServerUnaryStreamer<Record, Record>* stream) override {
    Record record;
    if (!stream->Read(&record)) return {grpc::StatusCode::DATA_LOSS, "no message"};
    stream->Write(record);
    return grpc::Status::OK;
  }
};

TEST_P(FieldRightsTest, AUnaryMethodWhoseHandlerSeesAStreamIsNoException) {
  service_ = std::make_unique<StreamedRecords>();
  Start(nullptr);
  const Answer seen = Send("Get", "caller", {Paid("1")});
  ASSERT_THAT(seen.replies, SizeIs(1)) << seen.text;
  ExpectPaid(seen.replies[0], "1", false, false);
  Record bad;
  bad.set_status("x");
  EXPECT_EQ(Send("Get", "caller", {bad}).code, grpc::StatusCode::PERMISSION_DENIED);
}

// Where the handler's messages are bytes, nothing could be enforced.
TEST(FieldRightsStartupTest, RawHandlersAreRefused) {
  v1::Records::WithRawCallbackMethod_Get<
      v1::Records::WithRawCallbackMethod_Exchange<v1::Records::Service>>
      raw;
  World world({.policy = kPolicy,
               .customize = [&](ServerBuilder& builder) { builder.RegisterService(&raw); }});
  const std::string refusal(world.Start().message());
  for (const char* method : {"Records/Get", "Records/Exchange"}) {
    EXPECT_THAT(refusal, HasSubstr(method));
  }
  EXPECT_THAT(refusal, HasSubstr("`writable_by`: its handler takes raw bytes"));
  EXPECT_THAT(refusal, HasSubstr("`readable_by`: its handler takes raw bytes"));
}

TEST(FieldRightsStartupTest, PermissionsThatNoRoleGivesAreRefused) {
  v1::Records::Service records;
  World world({.policy = "roles: {r: {permissions: [probe.call, probe.admin, probe.audits]}}",
               .customize = [&](ServerBuilder& builder) { builder.RegisterService(&records); },
               .register_probe = false});
  const std::string refusal(world.Start().message());
  EXPECT_THAT(refusal, HasSubstr("messages.proto: warden.testing.v1.Record.salary: no role of"));
  EXPECT_THAT(refusal, HasSubstr("did you mean `probe.audits`?"));
  EXPECT_EQ(refusal.find("Record.salary"), refusal.rfind("Record.salary")) << "once";
}

INSTANTIATE_TEST_SUITE_P(Apis, FieldRightsTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
