// Requests that no gRPC client would send, by a peer with a good certificate and a good token.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/call_registry.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/http2_client.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

constexpr char kUnary[] = "/warden.testing.v1.Probe/Unary";

class HostileTest : public SuiteWorld<HostileTest> {
 protected:
  static Http2Client Connect() {
    return Http2Client(world(), world().Identity("spiffe://probe.test/client"));
  }
  static std::string Token() { return world().Token("alice", {"admin"}); }
  // How many handlers run for one message under these headers.
  static int RunsOf(const Headers& headers) {
    const int before = world().runs();
    Http2Client client = Connect();
    client.SendMessage(client.SendHeaders(headers), "");
    client.WaitUntilRead();
    // A good call behind it on another connection; by its end the first has been decided too.
    EXPECT_TRUE(Send(World::Call("Unary", Token())).ok());
    absl::SleepFor(absl::Milliseconds(20));
    return world().runs() - before - 1;
  }
  static void ExpectNothingLeft() {
    EXPECT_TRUE(Eventually([] { return world().Metrics().at("warden_calls_in_flight") == 0; }));
    EXPECT_TRUE(Eventually([] { return CallRegistry::Instance().size() == 0; }));
  }
};

TEST_P(HostileTest, ThisClientCanMakeAGoodCall) {
  EXPECT_EQ(RunsOf(CallHeaders(kUnary, Token())), 1);
}

TEST_P(HostileTest, CredentialsThatNoClientLibrarySends) {
  const std::string token = Token();
  const std::string values[] = {
      "Bearer\t" + token,
      "Bearer \t" + token,
      "\tBearer " + token + " x",
      "Bearer " + token + std::string(1, '\0'),
      "Bearer " + token + "\x01",
      "Bearer " + token + "\x80\xff",
      "Bearer " + token + "\r\nx: y",
      "Bearer " + token + "\n",
      "Bearer\xc2\xa0" + token,
      std::string(1, '\0') + "Bearer " + token,
  };
  for (const std::string& value : values) {
    SCOPED_TRACE(value.substr(0, 10));
    Headers headers = CallHeaders(kUnary, "");
    headers.emplace_back("authorization", value);
    EXPECT_EQ(RunsOf(headers), 0);
  }
}

TEST_P(HostileTest, CredentialsUnderOtherNames) {
  const std::string nul("authorization\0", 14);
  for (const std::string& name : std::initializer_list<std::string>{
           "Authorization", "AUTHORIZATION", "authorization ", " authorization", nul,
           "authorization-bin", "proxy-authorization"}) {
    SCOPED_TRACE(name);
    Headers headers = CallHeaders(kUnary, "");
    headers.emplace_back(name, "Bearer " + Token());
    EXPECT_EQ(RunsOf(headers), 0);
  }
}

TEST_P(HostileTest, PathsThatNoClientLibrarySends) {
  for (const char* path :
       {"", "*", "warden.testing.v1.Probe/Unary", "https://localhost/warden.testing.v1.Probe/Unary",
        "/warden.testing.v1.Probe/Unary ", " /warden.testing.v1.Probe/Unary",
        "/warden.testing.v1.Probe/Unary#", "\\warden.testing.v1.Probe\\Unary"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(RunsOf(CallHeaders(path, Token())), 0);
  }
}

TEST_P(HostileTest, ASecondPathDoesNotChangeWhatIsDecided) {
  // Allowed first, restricted second, and the other way round: for a caller who may only Unary,
  // the restricted handler must not run in either.
  const std::string caller = world().Token("carol", {"caller"});
  const double restricted = world().Decisions("Restricted", "ok");
  for (const bool restricted_first : {true, false}) {
    Headers headers =
        CallHeaders(restricted_first ? "/warden.testing.v1.Probe/Restricted" : kUnary, caller);
    headers.insert(headers.begin() + 3,
                   {":path", restricted_first ? kUnary : "/warden.testing.v1.Probe/Restricted"});
    EXPECT_LE(RunsOf(headers), 1);
  }
  EXPECT_EQ(world().Decisions("Restricted", "ok"), restricted);
}

TEST_P(HostileTest, AMegabyteOfMetadata) {
  Headers headers = CallHeaders(kUnary, Token());
  headers.emplace_back("x-pad", std::string(1 << 20, 'x'));
  EXPECT_EQ(RunsOf(headers), 0);
  headers.pop_back();
  for (int i = 0; i < 5000; ++i) headers.emplace_back(absl::StrCat("x-", i), "0123456789abcdef");
  EXPECT_EQ(RunsOf(headers), 0);
}

TEST_P(HostileTest, StreamsThatAreResetAtOnce) {
  const std::string token = Token();
  Http2Client client = Connect();
  for (int round = 0; round < 250; ++round) {
    for (const std::string method : kFourKinds) {
      const uint32_t stream =
          client.SendHeaders(CallHeaders("/warden.testing.v1.Probe/" + method, token));
      if (round % 2 == 0) client.SendFrame(0, 0, stream, std::string(5, '\0'));
      client.SendReset(stream);
    }
    if (round % 10 == 0) client.WaitUntilRead();
  }
  client.WaitUntilRead();
  ExpectNothingLeft();
  EXPECT_TRUE(Send(World::Call("Unary", token)).ok());
}

TEST_P(HostileTest, ConnectionsThatAreDroppedMidway) {
  const std::string token = Token();
  for (const std::string method : kFourKinds) {
    for (int step = 0; step < 4; ++step) {
      Http2Client client = Connect();
      const uint32_t stream =
          client.SendHeaders(CallHeaders("/warden.testing.v1.Probe/" + method, token));
      if (step == 1) client.SendFrame(0, 0, stream, std::string(3, '\0'));  // half a length
      if (step == 2) client.SendFrame(0, 0, stream, std::string("\0\0\0\0\x7f", 5) + "abc");
      if (step == 3) client.SendFrame(0, 0, stream, std::string(5, '\0'));
      client.WaitUntilRead();
    }
  }
  ExpectNothingLeft();
}

TEST_P(HostileTest, FramesThatAreNone) {
  Http2Client client = Connect();
  client.SendFrame(0, 0, 0, "data on no stream");
  client.WaitUntilRead();
  EXPECT_TRUE(Send(World::Call("Unary", Token())).ok());
  ExpectNothingLeft();
}

INSTANTIATE_TEST_SUITE_P(Apis, HostileTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
