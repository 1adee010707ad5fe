// Servers that answer to one name and share a Redis: a signature counts at one of them only.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/signing/request_signature.h"
#include "interceptors/grpc/request_signing.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/signed_service.h"
#include "tests/e2e/world.h"
#include "tests/support/redis_server.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kName[] = "localhost";  // of all servers: what the clients call them

// Takes the bytes as they came.
class RawSigned final : public v1::Signed::WithRawCallbackMethod_Pay<v1::Signed::CallbackService> {
 public:
  explicit RawSigned(std::atomic<int>* runs) : runs_(runs) {}
  grpc::ServerUnaryReactor* Pay(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                grpc::ByteBuffer* reply) override {
    ++*runs_;
    const grpc::Slice nothing;
    *reply = grpc::ByteBuffer(&nothing, 1);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  std::atomic<int>* runs_;
};

enum class Kind { kSync, kCallback, kRaw };

class Served {
 public:
  Served(Kind kind, const SigningKey& key, const std::string& redis)
      : world_({.api = kind == Kind::kSync ? Api::kSync : Api::kCallback,
                .extra_config = absl::StrCat("signing:\n  keys_file: signing.yaml\n", redis)}) {
    if (kind == Kind::kSync) {
      service_ = std::make_unique<SyncSigned>(world_.counter());
    } else if (kind == Kind::kCallback) {
      service_ = std::make_unique<CallbackSigned>(world_.counter());
    } else {
      service_ = std::make_unique<RawSigned>(world_.counter());
    }
    world_.Write("hmac.json", key.InsecureSecretJwk()->dump());
    world_.Write("signing.yaml", "keys: {pay: {jwk_file: hmac.json, subjects: [alice]}}");
    world_.SetCustomize(
        [this](ServerBuilder& builder) { builder.RegisterService(service_.get()); });
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
    const Certificate identity = world_.Identity("spiffe://probe.test/client");
    channel_ = world_.ConnectTo(world_.port(), &identity, kName);
    token_ = world_.Token("alice", {"caller"});
  }

  Answer Send(const std::string& method, const std::string& signature, const std::string& body) {
    RawCall call = World::Call(method, token_, body);
    call.method = method;
    call.metadata.emplace_back(kRequestSignatureEntry, signature);
    return Perform(channel_, call);
  }
  int runs() const { return world_.runs(); }
  World& world() { return world_; }

 private:
  std::unique_ptr<grpc::Service> service_;  // outlives the server
  World world_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string token_;
};

std::string Shared(const RedisServer& redis, const std::string& timeout = "5s") {
  return absl::StrCat("  redis: {address: \"", redis.address(), "\"}\n  store_timeout: ", timeout,
                      "\n");
}

class SigningRedisTest : public ::testing::TestWithParam<Kind> {
 protected:
  SigningRedisTest() : key_(*SigningKey::Generate(Algorithm::kHs256, "pay")) {
    Payment payment;
    payment.set_account("A-1");
    body_ = payment.SerializeAsString();
  }
  std::string Sign(const std::string& method = kPay) const {
    return *RequestSigner::Create(key_)->Sign(method, kName, body_, absl::Now());
  }
  void ExpectReplayed(Served& served, const Answer& answer) const {
    EXPECT_EQ(answer.code, grpc::StatusCode::UNAUTHENTICATED) << answer.text;
    EXPECT_THAT(served.world().sink().all(), HasSubstr("signature_replayed"));
  }

  const SigningKey key_;
  std::string body_;
};

TEST_P(SigningRedisTest, OneOfTheServersTakesIt) {
  const RedisServer redis;
  Served one(GetParam(), key_, Shared(redis)), two(GetParam(), key_, Shared(redis));
  for (const char* const method : {kPay, kWatch}) {
    if (GetParam() == Kind::kRaw && method == kWatch) continue;  // has no handler there
    const int before = one.runs() + two.runs();
    const std::string first = Sign(method), second = Sign(method);
    EXPECT_TRUE(one.Send(method, first, body_).ok());
    ExpectReplayed(two, two.Send(method, first, body_));
    ExpectReplayed(one, one.Send(method, first, body_));
    EXPECT_TRUE(two.Send(method, second, body_).ok());
    ExpectReplayed(one, one.Send(method, second, body_));
    EXPECT_EQ(one.runs() + two.runs(), before + 2);
  }
}

TEST_P(SigningRedisTest, ManyAtOnceRunOneHandlerEach) {
  const RedisServer redis;
  Served one(GetParam(), key_, Shared(redis)), two(GetParam(), key_, Shared(redis));
  std::vector<std::string> signatures;
  for (int i = 0; i < 25; ++i) signatures.push_back(Sign());
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (const std::string& signature : signatures) {
        if ((t % 2 == 0 ? one : two).Send(kPay, signature, body_).ok()) ++passed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 25);
  EXPECT_EQ(one.runs() + two.runs(), 25);
}

TEST_P(SigningRedisTest, WithoutTheStoreNothingSignedPasses) {
  RedisServer redis;
  Served one(GetParam(), key_, Shared(redis)), two(GetParam(), key_, Shared(redis));
  const std::string used = Sign();
  EXPECT_TRUE(one.Send(kPay, used, body_).ok());
  redis.Kill();
  for (Served* const served : {&one, &two}) {
    const Answer answer = served->Send(kPay, Sign(), body_);
    EXPECT_EQ(answer.code, grpc::StatusCode::UNAVAILABLE) << answer.text;
    EXPECT_THAT(answer.Everything(), ::testing::Not(HasSubstr("nonce")));
    EXPECT_THAT(served->world().sink().all(),
                HasSubstr("the shared store of nonces cannot be asked"));
    EXPECT_EQ(served->world().Metrics().at("warden_signature_store_up"), 0);
  }
  EXPECT_EQ(one.runs() + two.runs(), 1);
  redis.Start();  // with nothing of what it knew
  EXPECT_TRUE(Eventually([&] { return two.Send(kPay, Sign(), body_).ok(); }));
  EXPECT_TRUE(Eventually([&] { return one.Send(kPay, Sign(), body_).ok(); }));
  const int before = two.runs();
  EXPECT_FALSE(two.Send(kPay, used, body_).ok());
  EXPECT_EQ(two.runs(), before);
}

TEST_P(SigningRedisTest, AStoreThatHangsHoldsUpNobodyElse) {
  RedisServer redis;
  Served served(GetParam(), key_, Shared(redis, "2s"));
  EXPECT_TRUE(served.Send(kPay, Sign(), body_).ok());
  redis.Freeze();
  std::vector<std::thread> waiting;
  std::atomic<int> refused{0};
  for (int i = 0; i < 8; ++i) {
    waiting.emplace_back([&] {
      if (served.Send(kPay, Sign(), body_).code == grpc::StatusCode::UNAVAILABLE) ++refused;
    });
  }
  if (GetParam() != Kind::kRaw) {
    EXPECT_TRUE(served.Send(kLook, "is not looked at", body_).ok());
  }
  for (std::thread& thread : waiting) thread.join();
  EXPECT_EQ(refused, 8);
  redis.Thaw();
  EXPECT_TRUE(Eventually([&] { return served.Send(kPay, Sign(), body_).ok(); }));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SigningRedisTest,
                         ::testing::Values(Kind::kSync, Kind::kCallback, Kind::kRaw),
                         [](const auto& info) {
                           return info.param == Kind::kSync       ? "Sync"
                                  : info.param == Kind::kCallback ? "Callback"
                                                                  : "Raw";
                         });

TEST(SigningRedisStartupTest, SaysWhatIsWrong) {
  World world({.extra_config = "signing:\n  redis: {address: nowhere, poll_interval: 1s}\n"
                               "  store_timeout: 20s\n"});
  const std::string message(world.Start().message());
  EXPECT_THAT(message, HasSubstr("signing.redis: needs signing.keys_file"));
  EXPECT_THAT(message, HasSubstr("signing.redis.address: "));
  EXPECT_THAT(message, HasSubstr("signing.redis.poll_interval: has no meaning here"));
  EXPECT_THAT(message, HasSubstr("signing.store_timeout: must be from 1ms to 10s"));
}

}  // namespace
}  // namespace warden::testing
