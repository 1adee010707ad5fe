// A caller whose token is too old or too weak for a method is told what to ask its issuer for, and
// the handler does not run.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/step_up.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using v1::StepUpReply;
using v1::StepUpRequest;

const Refused kTooWeak = {grpc::StatusCode::UNAUTHENTICATED, "INSUFFICIENT_USER_AUTHENTICATION",
                          "step_up_required"};

class SyncStepUps final : public v1::StepUps::Service {
 public:
  explicit SyncStepUps(std::atomic<int>* runs) : runs_(runs) {}
#define WARDEN_STEP_UP_UNARY(Method)                                                       \
  grpc::Status Method(grpc::ServerContext*, const StepUpRequest*, StepUpReply*) override { \
    ++*runs_;                                                                              \
    return grpc::Status::OK;                                                               \
  }
  WARDEN_STEP_UP_UNARY(Recent)
  WARDEN_STEP_UP_UNARY(Strong)
  WARDEN_STEP_UP_UNARY(Factors)
  WARDEN_STEP_UP_UNARY(Plain)
#undef WARDEN_STEP_UP_UNARY
  grpc::Status All(grpc::ServerContext*,
                   grpc::ServerReaderWriter<StepUpReply, StepUpRequest>*) override {
    ++*runs_;
    return grpc::Status::OK;
  }

 private:
  std::atomic<int>* const runs_;
};

class Ended final : public grpc::ServerBidiReactor<StepUpRequest, StepUpReply> {
 public:
  Ended() { Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }
};

class CallbackStepUps final : public v1::StepUps::CallbackService {
 public:
  explicit CallbackStepUps(std::atomic<int>* runs) : runs_(runs) {}
#define WARDEN_STEP_UP_UNARY(Method)                                                           \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const StepUpRequest*, \
                                   StepUpReply*) override {                                    \
    ++*runs_;                                                                                  \
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();                       \
    reactor->Finish(grpc::Status::OK);                                                         \
    return reactor;                                                                            \
  }
  WARDEN_STEP_UP_UNARY(Recent)
  WARDEN_STEP_UP_UNARY(Strong)
  WARDEN_STEP_UP_UNARY(Factors)
  WARDEN_STEP_UP_UNARY(Plain)
#undef WARDEN_STEP_UP_UNARY
  grpc::ServerBidiReactor<StepUpRequest, StepUpReply>* All(grpc::CallbackServerContext*) override {
    ++*runs_;
    return new Ended;
  }

 private:
  std::atomic<int>* const runs_;
};

std::string Full(const std::string& method) { return "/warden.testing.v1.StepUps/" + method; }

std::map<std::string, std::string> MetadataOf(const Answer& answer) {
  google::rpc::Status status;
  EXPECT_TRUE(status.ParseFromString(answer.details));
  std::map<std::string, std::string> metadata;
  int infos = 0;
  for (const auto& detail : status.details()) {
    google::rpc::ErrorInfo info;
    if (!detail.UnpackTo(&info)) continue;
    ++infos;
    metadata.insert(info.metadata().begin(), info.metadata().end());
  }
  EXPECT_EQ(infos, 1);
  return metadata;
}

class StepUpCallsTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override {
    world_ = std::make_unique<World>(WorldOptions{.api = GetParam()});
    if (GetParam() == Api::kSync) {
      service_ = std::make_unique<SyncStepUps>(world_->counter());
    } else {
      service_ = std::make_unique<CallbackStepUps>(world_->counter());
    }
    world_->SetCustomize(
        [this](ServerBuilder& builder) { builder.RegisterService(service_.get()); });
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  // With a token that has these claims, too.
  RawCall Call(const std::string& method, const nlohmann::json& more) {
    RawCall call = World::Call("", world_->Token("alice", {"caller"}, [&](nlohmann::json& claims) {
      if (!more.is_null()) claims.update(more);
    }));
    call.method = Full(method);
    return call;
  }
  Answer Send(const RawCall& call) { return Perform(world_->channel(), call); }
  void ExpectTooWeak(const std::string& method, const nlohmann::json& claims) {
    const RawCall call = Call(method, claims);
    const Counted before(*world_);
    before.ExpectRefused(Full(method), Send(call), kTooWeak);
    EXPECT_EQ(world_->sink().records().back().stage, "step_up");
  }
  void ExpectAllowed(const std::string& method, const nlohmann::json& claims) {
    const RawCall call = Call(method, claims);
    const Counted before(*world_);
    const Answer answer = Send(call);
    EXPECT_TRUE(answer.ok()) << answer.text;
    EXPECT_THAT(answer.Trailer("www-authenticate"), IsEmpty());
  }
  static double Ago(int seconds) {
    return absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - seconds;
  }

  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<World> world_;
};

TEST_P(StepUpCallsTest, TokensMustBeFreshAndStrongEnough) {
  ExpectAllowed("Plain", {});
  ExpectAllowed("Recent", {{"auth_time", Ago(10)}});
  ExpectTooWeak("Recent", {{"auth_time", Ago(301)}});
  ExpectTooWeak("Recent", {{"auth_time", Ago(-120)}});
  ExpectTooWeak("Recent", {});
  ExpectAllowed("Strong", {{"acr", "gold"}});
  ExpectTooWeak("Strong", {{"acr", "bronze"}});
  ExpectTooWeak("Strong", {{"acr", {"gold"}}});
  ExpectAllowed("Factors", {{"amr", {"pwd", "otp"}}});
  ExpectTooWeak("Factors", {{"amr", {"pwd"}}});
  ExpectAllowed("All", {{"auth_time", Ago(10)}, {"acr", "gold"}, {"amr", {"hwk"}}});
  ExpectTooWeak("All", {{"auth_time", Ago(10)}, {"acr", "gold"}});
  EXPECT_EQ(world_->runs(), 5);
}

TEST_P(StepUpCallsTest, TheClientIsToldWhatIsNeeded) {
  const Answer recent = Send(Call("Recent", {}));
  EXPECT_THAT(
      MetadataOf(recent),
      UnorderedElementsAre(Pair("error", "insufficient_user_authentication"),
                           Pair("error_description", "More recent authentication is required"),
                           Pair("max_age", "300")));
  EXPECT_EQ(recent.Trailer("www-authenticate"),
            "Bearer error=\"insufficient_user_authentication\", "
            "error_description=\"More recent authentication is required\", max_age=\"300\"");
  const Answer strong = Send(Call("Strong", {{"acr", "planted-value"}}));
  EXPECT_THAT(strong.Trailer("www-authenticate"),
              HasSubstr("acr_values=\"gold urn:example:silver\""));
  EXPECT_EQ(strong.Everything().find("planted"), std::string::npos);
  EXPECT_EQ(world_->sink().records().back().text().find("planted"), std::string::npos);
  EXPECT_EQ(MetadataOf(Send(Call("All", {}))).size(), 5u);
}

// A certificate says nothing of when and how its owner was authenticated.
TEST_P(StepUpCallsTest, ACallWithoutATokenCannotSatisfyIt) {
  RawCall call = World::Call("", "");
  call.method = Full("Recent");
  const Counted before(*world_);
  before.ExpectRefused(Full("Recent"), Send(call), kTooWeak);
}

// They would authenticate again for nothing.
TEST_P(StepUpCallsTest, WhoMayNotCallIsNotSentToAuthenticateAgain) {
  RawCall call = World::Call("", world_->Token("bob", {}));
  call.method = Full("Strong");
  const Counted before(*world_);
  before.ExpectRefused(Full("Strong"), Send(call), kDenied);
}

TEST(StepUpStartupTest, NonsenseIsRefused) {
  v1::StepUpOnPublic::Service open;
  v1::StepUpByCertificate::Service certificate;
  v1::StepUpThatIsWrong::Service wrong;
  World world({.customize = [&](ServerBuilder& builder) {
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{&open, &wrong}) {
      builder.RegisterService(service);
    }
  }});
  EXPECT_THAT(std::string(world.Start().message()),
              AllOf(HasSubstr("StepUpOnPublic.Call: (warden.v1.access): has `step_up`, but"),
                    HasSubstr("StepUpThatIsWrong.Call: (warden.v1.access): `step_up.max_age` must"),
                    HasSubstr("`step_up.acr` has `a b`"), HasSubstr("`step_up.amr` has `x` twice"),
                    HasSubstr("StepUpThatIsWrong.Empty: (warden.v1.access): `step_up` asks for")));
  World second(
      {.customize = [&](ServerBuilder& builder) { builder.RegisterService(&certificate); }});
  EXPECT_THAT(std::string(second.Start().message()),
              HasSubstr("StepUpByCertificate.Call: has `step_up`, which only a token can satisfy, "
                        "but the method's `authn` does not accept BEARER"));
}

INSTANTIATE_TEST_SUITE_P(Apis, StepUpCallsTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
