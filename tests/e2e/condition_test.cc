// `access.when`: what does not hold, or cannot be evaluated, keeps the handler from running.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/caller.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/condition.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using v1::Document;
using Edit = std::function<void(nlohmann::json&)>;

const Refused kFailed = {grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED",
                         "condition_failed"};
const Refused kError = {grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED",
                        "condition_error"};

class SyncService final : public v1::Conditions::Service {
 public:
  explicit SyncService(std::atomic<int>* runs) : runs_(runs) {}
#define WARDEN_METHOD(Method)                                                            \
  grpc::Status Method(grpc::ServerContext*, const Document*, v1::ProbeReply*) override { \
    ++*runs_;                                                                            \
    return grpc::Status::OK;                                                             \
  }
  WARDEN_METHOD(OwnerOnly)
  WARDEN_METHOD(SameDepartment)
  WARDEN_METHOD(OwnTenant)
  WARDEN_METHOD(AmountByRole)
  WARDEN_METHOD(WithinHours)
  WARDEN_METHOD(InTime)
  WARDEN_METHOD(OutOfTime)
  WARDEN_METHOD(FromHere)
  WARDEN_METHOD(FromElsewhere)
  WARDEN_METHOD(Divides)
  WARDEN_METHOD(BothHalves)
#undef WARDEN_METHOD
  grpc::Status OwnerStream(grpc::ServerContext*, const Document*,
                           grpc::ServerWriter<v1::ProbeReply>*) override {
    ++*runs_;
    return grpc::Status::OK;
  }
  grpc::Status Upload(grpc::ServerContext*, grpc::ServerReader<Document>* reader,
                      v1::ProbeReply*) override {
    ++*runs_;
    Document document;
    while (reader->Read(&document)) {
    }
    return grpc::Status::OK;
  }

 private:
  std::atomic<int>* runs_;
};

class StreamReactor final : public grpc::ServerWriteReactor<v1::ProbeReply> {
 public:
  StreamReactor() { Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }
};

class UploadReactor final : public grpc::ServerReadReactor<Document> {
 public:
  UploadReactor() { StartRead(&document_); }
  void OnReadDone(bool ok) override { ok ? StartRead(&document_) : Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }

 private:
  Document document_;
};

class CallbackService final : public v1::Conditions::CallbackService {
 public:
  explicit CallbackService(std::atomic<int>* runs) : runs_(runs) {}
#define WARDEN_METHOD(Method)                                                             \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const Document*, \
                                   v1::ProbeReply*) override {                            \
    ++*runs_;                                                                             \
    auto* reactor = context->DefaultReactor();                                            \
    reactor->Finish(grpc::Status::OK);                                                    \
    return reactor;                                                                       \
  }
  WARDEN_METHOD(OwnerOnly)
  WARDEN_METHOD(SameDepartment)
  WARDEN_METHOD(OwnTenant)
  WARDEN_METHOD(AmountByRole)
  WARDEN_METHOD(WithinHours)
  WARDEN_METHOD(InTime)
  WARDEN_METHOD(OutOfTime)
  WARDEN_METHOD(FromHere)
  WARDEN_METHOD(FromElsewhere)
  WARDEN_METHOD(Divides)
  WARDEN_METHOD(BothHalves)
#undef WARDEN_METHOD
  grpc::ServerWriteReactor<v1::ProbeReply>* OwnerStream(grpc::CallbackServerContext*,
                                                        const Document*) override {
    ++*runs_;
    return new StreamReactor;
  }
  grpc::ServerReadReactor<Document>* Upload(grpc::CallbackServerContext*,
                                            v1::ProbeReply*) override {
    ++*runs_;
    return new UploadReactor;
  }

 private:
  std::atomic<int>* runs_;
};

class ConditionTest : public ::testing::TestWithParam<Api> {
 protected:
  ConditionTest() : world_({.api = GetParam()}) {
    if (GetParam() == Api::kSync) {
      service_ = std::make_unique<SyncService>(world_.counter());
    } else {
      service_ = std::make_unique<CallbackService>(world_.counter());
    }
    world_.SetCustomize(
        [this](ServerBuilder& builder) { builder.RegisterService(service_.get()); });
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
  }

  // As alice, with `edit` on her claims. `refused` null: it is allowed.
  void Expect(const std::string& method, const Document& document, const Refused* refused,
              const Edit& edit = nullptr, const std::vector<std::string>& roles = {"caller"}) {
    ExpectBody(method, document.SerializeAsString(), refused, edit, roles);
  }
  void ExpectBody(const std::string& method, const std::string& body, const Refused* refused,
                  const Edit& edit = nullptr, const std::vector<std::string>& roles = {"caller"}) {
    SCOPED_TRACE(method);
    const std::string full = "/warden.testing.v1.Conditions/" + method;
    const Counted before(world_);
    RawCall call = World::Call("", world_.Token("alice", roles, edit), body);
    call.method = full;
    last_ = Perform(world_.channel(), call);
    if (refused == nullptr) {
      before.ExpectAllowed(full, last_);
    } else {
      before.ExpectRefused(full, last_, *refused);
      EXPECT_THAT(last_.Everything(), Not(HasSubstr("when")));
      EXPECT_THAT(last_.Everything(), Not(HasSubstr("condition")));
    }
  }

  World world_;
  std::unique_ptr<grpc::Service> service_;
  Answer last_;
};

Document Owned(const std::string& owner) {
  Document document;
  document.set_owner(owner);
  return document;
}

Document Amount(int64_t amount) {
  Document document;
  document.set_amount(amount);
  return document;
}

TEST_P(ConditionTest, OwnersOnly) {
  for (const std::string method : {"OwnerOnly", "OwnerStream"}) {
    Expect(method, Owned("alice"), nullptr);
    Expect(method, Owned("bob"), &kFailed);
    Expect(method, Owned("Alice"), &kFailed);
    Expect(method, Owned("alice "), &kFailed);
    Expect(method, Owned(""), &kFailed);
    // Permissions come first.
    Expect(method, Owned("alice"), &kDenied, nullptr, {});
    ExpectBody(method, "\xff\xff", &kUnreadable);
  }
  const RefusalRecord record = world_.sink().records().back();
  EXPECT_EQ(record.reason, "request_malformed");
}

TEST_P(ConditionTest, ACallerWithoutSubjectOwnsNothing) {
  // The client's certificate alone authenticates it; neither it nor the document has a name.
  const std::string full = "/warden.testing.v1.Conditions/OwnTenant";
  const Counted before(world_);
  const RawCall call{.method = full, .messages = {Document().SerializeAsString()}};
  before.ExpectRefused(full, Perform(world_.channel(), call), kError);
}

TEST_P(ConditionTest, TheSameDepartment) {
  Document document;
  document.set_department("sales");
  const auto department = [](const nlohmann::json& value) -> Edit {
    return [value](nlohmann::json& claims) { claims["department"] = value; };
  };
  Expect("SameDepartment", document, nullptr, department("sales"));
  Expect("SameDepartment", document, &kFailed, department("support"));
  Expect("SameDepartment", document, &kError);  // no such claim
  // Claims of hostile types are neither equal nor a way around.
  for (const nlohmann::json& value : std::vector<nlohmann::json>{
           nullptr, true, 7, 1.5, {"sales"}, {{"sales", "sales"}}, nlohmann::json::array()}) {
    SCOPED_TRACE(value.dump());
    Expect("SameDepartment", document, &kFailed, department(value));
    Expect("SameDepartment", Document(), &kFailed, department(value));
  }
}

TEST_P(ConditionTest, TenantsAreApart) {
  Document document;
  document.set_tenant("t1");
  const Edit first = [](nlohmann::json& claims) { claims["tenant"] = "t1"; };
  const Edit second = [](nlohmann::json& claims) { claims["tenant"] = "t2"; };
  Expect("OwnTenant", document, nullptr, first);
  Expect("OwnTenant", document, &kFailed, second);
  Expect("OwnTenant", Document(), &kFailed, first);
  Expect("OwnTenant", Document(), &kError);
}

TEST_P(ConditionTest, AmountsByRole) {
  Expect("AmountByRole", Amount(1000), nullptr);
  Expect("AmountByRole", Amount(1001), &kFailed);
  Expect("AmountByRole", Amount(0), &kFailed);
  Expect("AmountByRole", Amount(-5), &kFailed);
  Expect("AmountByRole", Amount(1001), nullptr, nullptr, {"caller", "admin"});
  Expect("AmountByRole", Amount(100001), &kFailed, nullptr, {"caller", "admin"});
}

TEST_P(ConditionTest, Hours) {
  Document document;
  document.set_from_hour(0);
  document.set_to_hour(24);
  Expect("WithinHours", document, nullptr);
  document.set_to_hour(0);
  Expect("WithinHours", document, &kFailed);
  Expect("InTime", Document(), nullptr);
  Expect("OutOfTime", Document(), &kFailed);
  EXPECT_EQ(world_.sink().records().back().stage, "authorize");
}

TEST_P(ConditionTest, Addresses) {
  Expect("FromHere", Document(), nullptr);
  Expect("FromElsewhere", Document(), &kFailed);
}

TEST_P(ConditionTest, AnErrorDeniesAndOnlyTheOperatorLearnsOfIt) {
  Expect("Divides", Amount(7), nullptr);
  Expect("Divides", Amount(200), &kFailed);
  Expect("Divides", Amount(0), &kError);
  EXPECT_THAT(world_.sink().records().back().detail, HasSubstr("division by zero"));
  EXPECT_THAT(last_.Everything(), Not(HasSubstr("zero")));
  EXPECT_EQ(last_.text, "permission denied");
}

TEST_P(ConditionTest, WhatNeedsNoRequestIsDecidedBeforeItIsRead) {
  const Edit low = [](nlohmann::json& claims) { claims["level"] = 2; };
  const Edit high = [](nlohmann::json& claims) { claims["level"] = 3; };
  const Edit text = [](nlohmann::json& claims) { claims["level"] = "9"; };
  const std::string unreadable = "\xff\xff";
  ExpectBody("BothHalves", unreadable, &kFailed, low);
  ExpectBody("BothHalves", unreadable, &kError, text);
  ExpectBody("BothHalves", unreadable, &kError);
  ExpectBody("BothHalves", unreadable, &kUnreadable, high);
  Expect("BothHalves", Owned("alice"), nullptr, high);
  Expect("BothHalves", Owned("bob"), &kFailed, high);
}

TEST_P(ConditionTest, StreamsOfRequestsHaveConditionsWithoutTheRequest) {
  const Edit uploader = [](nlohmann::json& claims) { claims["groups"] = {"x", "uploader"}; };
  const Edit other = [](nlohmann::json& claims) { claims["groups"] = {"x"}; };
  const Edit hostile = [](nlohmann::json& claims) { claims["groups"] = "uploader"; };
  Expect("Upload", Document(), nullptr, uploader);
  Expect("Upload", Document(), &kFailed, other);
  Expect("Upload", Document(), &kError, hostile);
}

INSTANTIATE_TEST_SUITE_P(Apis, ConditionTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

TEST(ConditionStartup, EveryWrongConditionIsNamed) {
  v1::ConditionsThatAreWrong::Service service;
  World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&service); }});
  const absl::Status started = world.Start();
  ASSERT_FALSE(started.ok());
  const std::string text(started.message());
  for (const char* part : {
           "ConditionsThatAreWrong.Name: (warden.v1.access): `when`, at 1:9: no field `ownr` in "
           "warden.testing.v1.Document; did you mean `owner`?",
           "`when`, at 1:24: `caller` has no `subjct`; did you mean `caller.subject`?",
           "`when`, at 1:1: a condition must be bool; this is int",
           "`when`, at 1:17: a value, a name or `(` is needed here; found the end",
           "ConditionsThatAreWrong.Public: (warden.v1.access): has `when`, but `public` has no "
           "caller",
           "ConditionsThatAreWrong.Stream: (warden.v1.access): `when` needs `request`, but the "
           "method's requests are a stream",
       }) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(world.runs(), 0);
}

TEST(ConditionStartup, AHandlerOfRawBytesHasNoRequestToAskAbout) {
  v1::Conditions::WithRawCallbackMethod_OwnerOnly<v1::Conditions::Service> service;
  World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&service); }});
  const absl::Status started = world.Start();
  EXPECT_THAT(std::string(started.message()),
              HasSubstr("/warden.testing.v1.Conditions/OwnerOnly: its `when` needs `request`, but "
                        "its handler takes raw bytes"));
}

}  // namespace
}  // namespace warden::testing
