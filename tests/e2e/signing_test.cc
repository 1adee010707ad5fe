// Signed requests over whole calls: what is not signed, or not quite as it must be, reaches no
// handler.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "interceptors/grpc/request_signing.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/signed_service.h"
#include "tests/e2e/world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using v1::Payment;

constexpr char kSigning[] = R"(
signing:
  keys_file: signing.yaml
  replay_entries: 200
  reload_interval: 1s
)";

constexpr char kKeys[] = R"(
keys:
  pay-hmac:
    jwk_file: hmac.json
    subjects: [alice]
  pay-ed:
    jwk_file: ed.json
    peers: ["spiffe://probe.test/client"]
  others:
    jwk_file: others.json
    subjects: [bob]
  old:
    jwk_file: hmac.json
    subjects: [alice]
    expires: 2020-01-01T00:00:00Z
)";

Refused BadSignature(const std::string& label) { return BadCredentials(label); }

class SigningTest : public ::testing::TestWithParam<Api> {
 protected:
  SigningTest()
      : hmac_(*SigningKey::Generate(Algorithm::kHs256, "pay-hmac")),
        ed_(*SigningKey::Generate(Algorithm::kEdDsa, "pay-ed")),
        others_(*SigningKey::Generate(Algorithm::kHs256, "others")),
        world_({.api = GetParam(), .extra_config = kSigning}),
        sync_(world_.counter()),
        callback_(world_.counter()) {
    world_.Write("hmac.json", hmac_.InsecureSecretJwk()->dump());
    world_.Write("others.json", others_.InsecureSecretJwk()->dump());
    world_.Write("ed.json", ed_.PublicJwk()->dump());
    world_.Write("signing.yaml", kKeys);
    world_.SetCustomize([this](ServerBuilder& builder) {
      if (GetParam() == Api::kSync) {
        builder.RegisterService(&sync_);
      } else {
        builder.RegisterService(&callback_);
      }
      builder.SetClock([this] { return absl::Now() + clock_off_; });
    });
  }

  void SetUp() override {
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
    token_ = world_.Token("alice", {"caller"});
    Payment payment;
    payment.set_account("A-1");
    payment.set_cents(100);
    body_ = payment.SerializeAsString();
  }

  std::string Authority() const { return absl::StrCat("127.0.0.1:", world_.port()); }
  std::string Sign(const SigningKey& key, const std::string& method, const std::string& body,
                   absl::Duration off = absl::ZeroDuration()) const {
    return *RequestSigner::Create(key)->Sign(method, Authority(), body, absl::Now() + off);
  }
  RawCall Call(const std::string& method, const std::vector<std::string>& signatures) const {
    RawCall call = World::Call(method, token_, body_);
    call.method = method;
    for (const std::string& one : signatures)
      call.metadata.emplace_back(kRequestSignatureEntry, one);
    return call;
  }
  void ExpectRefused(const RawCall& call, const Refused& as) {
    const Counted before(world_);
    before.ExpectRefused(call.method, Perform(world_.channel(), call), as);
  }
  void ExpectAllowed(const RawCall& call) {
    const Counted before(world_);
    before.ExpectAllowed(call.method, Perform(world_.channel(), call));
  }

  const SigningKey hmac_, ed_, others_;
  std::atomic<absl::Duration> clock_off_{absl::ZeroDuration()};
  World world_;
  SyncSigned sync_;
  CallbackSigned callback_;
  std::string token_, body_;
};

TEST_P(SigningTest, RightSignaturesPass) {
  for (const char* method : {kPay, kWatch}) {
    ExpectAllowed(Call(method, {Sign(hmac_, method, body_)}));
    ExpectAllowed(Call(method, {Sign(ed_, method, body_)}));
  }
  ExpectAllowed(Call(kLook, {}));
  ExpectAllowed(Call(kLook, {"of no matter"}));
  RawCall empty = Call(kPay, {Sign(hmac_, kPay, "")});
  empty.messages = {""};
  ExpectAllowed(empty);
}

TEST_P(SigningTest, WithoutOneNothingPasses) {
  const Refused missing = {grpc::StatusCode::UNAUTHENTICATED, "SIGNATURE_MISSING",
                           "signature_missing"};
  ExpectRefused(Call(kPay, {}), missing);
  ExpectRefused(Call(kWatch, {}), missing);
  const std::string good = Sign(hmac_, kPay, body_);
  ExpectRefused(Call(kPay, {good, good}), BadSignature("signature_malformed"));
  ExpectRefused(Call(kPay, {""}), BadSignature("signature_malformed"));
  ExpectRefused(Call(kPay, {good.substr(0, good.size() - 3)}), BadSignature("signature_invalid"));
  ExpectRefused(Call(kPay, {good + ";"}), BadSignature("signature_malformed"));
  ExpectAllowed(Call(kPay, {good}));  // none of these has used it up
}

TEST_P(SigningTest, WhatWasSignedCannotBeChanged) {
  const std::string good = Sign(hmac_, kPay, body_);
  RawCall swapped = Call(kPay, {good});
  swapped.messages = {body_ + body_};  // the same fields once more
  ExpectRefused(swapped, BadSignature("signature_invalid"));
  swapped.messages = {body_.substr(0, body_.size() - 2)};
  ExpectRefused(swapped, BadSignature("signature_invalid"));
  ExpectRefused(Call(kWatch, {good}), BadSignature("signature_invalid"));  // of another method
  const size_t at = good.find("created=") + 8;
  std::string retimed = good;
  retimed[at + 12] = retimed[at + 12] == '0' ? '1' : '0';
  ExpectRefused(Call(kPay, {retimed}), BadSignature("signature_invalid"));
  const std::string elsewhere =
      *RequestSigner::Create(hmac_)->Sign(kPay, "elsewhere.test:443", body_, absl::Now());
  ExpectRefused(Call(kPay, {elsewhere}), BadSignature("signature_invalid"));
  const std::string renamed = absl::StrReplaceAll(good, {{"keyid=pay-hmac", "keyid=pay-ed"}});
  ExpectRefused(Call(kPay, {renamed}), BadSignature("signature_invalid"));
  ExpectAllowed(Call(kPay, {good}));
}

TEST_P(SigningTest, EachCountsOnce) {
  for (const char* method : {kPay, kWatch}) {
    const std::string good = Sign(hmac_, method, body_);
    ExpectAllowed(Call(method, {good}));
    ExpectRefused(Call(method, {good}), BadSignature("signature_replayed"));
    ExpectRefused(Call(method, {good}), BadSignature("signature_replayed"));
  }
}

TEST_P(SigningTest, OnlyForAShortTime) {
  ExpectRefused(Call(kPay, {Sign(hmac_, kPay, body_, -absl::Seconds(61))}),
                BadSignature("signature_time"));
  ExpectRefused(Call(kPay, {Sign(hmac_, kPay, body_, absl::Seconds(65))}),
                BadSignature("signature_time"));
  ExpectAllowed(Call(kPay, {Sign(hmac_, kPay, body_, absl::Seconds(30))}));
  // Before this server began: another one may have seen it.
  ExpectRefused(Call(kPay, {Sign(hmac_, kPay, body_, -absl::Seconds(59))}),
                BadSignature("signature_time"));
}

TEST_P(SigningTest, AKeySignsForItsOwnersOnly) {
  ExpectRefused(Call(kPay, {Sign(others_, kPay, body_)}), BadSignature("signature_invalid"));
  EXPECT_THAT(world_.sink().all(), HasSubstr("does not sign for this caller"));
  const SigningKey stranger = *SigningKey::Generate(Algorithm::kHs256, "stranger");
  ExpectRefused(Call(kPay, {Sign(stranger, kPay, body_)}), BadSignature("signature_invalid"));
  const SigningKey same_id = *SigningKey::Generate(Algorithm::kHs256, "pay-hmac");
  ExpectRefused(Call(kPay, {Sign(same_id, kPay, body_)}), BadSignature("signature_invalid"));
  const SigningKey expired = *SigningKey::FromJwk([&] {
    nlohmann::json jwk = *hmac_.InsecureSecretJwk();
    jwk["kid"] = "old";
    return jwk.dump();
  }());
  ExpectRefused(Call(kPay, {Sign(expired, kPay, body_)}), BadSignature("signature_invalid"));
  token_ = world_.Token("bob", {"caller"});
  ExpectRefused(Call(kPay, {Sign(hmac_, kPay, body_)}), BadSignature("signature_invalid"));
  ExpectAllowed(Call(kPay, {Sign(others_, kPay, body_)}));
}

TEST_P(SigningTest, WithoutRoomForNoncesNothingPasses) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Perform(world_.channel(), Call(kPay, {Sign(hmac_, kPay, body_)})).ok());
  }
  ExpectRefused(Call(kPay, {Sign(hmac_, kPay, body_)}),
                {grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE", "credentials_unavailable"});
  EXPECT_EQ(world_.Metrics().at("warden_signature_nonces"), 200);
}

TEST_P(SigningTest, AClockThatIsSetBackOpensNothing) {
  token_ = world_.Token("alice", {"caller"}, [](nlohmann::json& claims) {
    claims.erase("iat");
    claims.erase("nbf");
  });
  const std::string early = Sign(hmac_, kPay, body_);
  ExpectAllowed(Call(kPay, {early}));
  clock_off_ = -absl::Seconds(50);
  ExpectRefused(Call(kPay, {early}), BadSignature("signature_replayed"));
}

TEST_P(SigningTest, KeysAreTakenUpWhileRunning) {
  const std::string new_keys =
      absl::StrReplaceAll(kKeys, {{"subjects: [bob]", "subjects: [alice]"}});
  ExpectRefused(Call(kPay, {Sign(others_, kPay, body_)}), BadSignature("signature_invalid"));
  world_.Write("signing.yaml", "keys: {broken: {}}");
  EXPECT_TRUE(Eventually([&] {
    return world_.Metrics()["warden_reloads_total{file=\"signing_keys\",result=\"error\"}"] > 0;
  }));
  ExpectAllowed(Call(kPay, {Sign(hmac_, kPay, body_)}));  // the last good ones stay
  world_.Write("signing.yaml", new_keys);
  EXPECT_TRUE(Eventually(
      [&] { return Perform(world_.channel(), Call(kPay, {Sign(others_, kPay, body_)})).ok(); }));
}

TEST_P(SigningTest, TheClientHelperSigns) {
  const Certificate identity = world_.Identity("spiffe://probe.test/client");
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = world_.authority().certificate_pem();
  ssl.pem_cert_chain = identity.certificate_pem;
  ssl.pem_private_key = identity.private_key_pem;
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  factories.push_back(MakeRequestSigning(*RequestSigner::Create(hmac_), Authority()));
  const auto channel = grpc::experimental::CreateCustomChannelWithInterceptors(
      Authority(), grpc::SslCredentials(ssl), {}, std::move(factories));
  const auto stub = v1::Signed::NewStub(channel);
  Payment payment;
  payment.set_account("A-2");
  for (int i = 0; i < 50; ++i) (*payment.mutable_labels())[absl::StrCat("label", i)] = "x";
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
    v1::ProbeReply reply;
    const grpc::Status status = stub->Pay(&context, payment, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  grpc::ClientContext context;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
  const auto reader = stub->Watch(&context, payment);
  v1::ProbeReply reply;
  while (reader->Read(&reply)) {
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(world_.runs(), 4);
}

std::string Output(const std::string& command) {
  std::string text;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[256];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) text += buffer;
  pclose(pipe);
  return text;
}

TEST_P(SigningTest, ThePythonClientSigns) {
  const Certificate identity = world_.Identity("spiffe://probe.test/client");
  world_.Write("client.crt", identity.certificate_pem);
  world_.Write("client.key", identity.private_key_pem);
  world_.Write("ed-private.json", ed_.InsecureSecretJwk()->dump());
  const SigningKey wrong = *SigningKey::Generate(Algorithm::kHs256, "pay-hmac");
  world_.Write("wrong.json", wrong.InsecureSecretJwk()->dump());
  const auto run = [&](const std::string& jwk) {
    const std::string folder = world_.folder().string();
    return Output(absl::StrCat("/usr/bin/python3 " WARDEN_SOURCE_DIR
                               "/tests/e2e/signing_client.py ",
                               Authority(), " ", folder, " ", folder, "/", jwk, " ", token_, " ",
                               kPay, " ", absl::BytesToHexString(body_), " 2>&1"));
  };
  EXPECT_EQ(run("hmac.json"), "OK\n");
  EXPECT_EQ(run("ed-private.json"), "OK\n");
  EXPECT_EQ(run("wrong.json"), "UNAUTHENTICATED\n");
  EXPECT_EQ(world_.runs(), 2);
}

INSTANTIATE_TEST_SUITE_P(Apis, SigningTest, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& info) {
                           return info.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST(SigningStartupTest, SaysWhatIsMissing) {
  std::atomic<int> runs{0};
  SyncSigned service(&runs);
  World without({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&service); }});
  EXPECT_THAT(without.Start().message(), HasSubstr("has no signing.keys_file"));

  v1::SignedStream::Service stream;
  World streamed({.extra_config = kSigning,
                  .customize = [&](ServerBuilder& builder) { builder.RegisterService(&stream); }});
  streamed.Write("signing.yaml", "keys: {one: {subjects: [a]}}");
  const std::string message(streamed.Start().message());
  EXPECT_THAT(message, HasSubstr("a stream of requests cannot be"));
  EXPECT_THAT(message, HasSubstr("signing.yaml:1"));
  EXPECT_THAT(message, HasSubstr("jwk_file: is required"));
}

}  // namespace
}  // namespace warden::testing
