// What a caller keeps secret is searched for wherever Warden writes, and must not be found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/forgery.h"
#include "tests/e2e/suite_world.h"
#include "tests/support/http_ask.h"
#include "warden/testing/v1/probe.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMarker[] = "h4ckme-Marker-5ecret";

// Every call that this one marker can be hidden in.
std::vector<RawCall> MarkedCalls(const World& world) {
  const std::string good = world.Token("alice", {"caller"});
  const auto mark = [](nlohmann::json& claims) { claims["password"] = kMarker; };
  std::vector<RawCall> calls;
  const auto add = [&calls](const std::string& method, const std::string& authorization,
                            const std::string& body = "") {
    RawCall call = World::Call(method, "", body);
    call.metadata = {{"authorization", authorization},
                     {"x-password", kMarker},
                     {"cookie", absl::StrCat("session=", kMarker)},
                     {"x-key-bin", kMarker}};
    calls.push_back(std::move(call));
  };
  v1::CheckedRequest request;
  request.set_secret(kMarker);
  request.set_id(kMarker);
  request.set_email(kMarker);
  request.set_size(kMarker);
  request.set_blob(kMarker);
  request.add_items()->set_sku(kMarker);
  (*request.mutable_labels())["env"] = kMarker;
  for (const std::string method :
       {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public"}) {
    add(method, kMarker);
    add(method, absl::StrCat("Bearer ", kMarker));
    add(method, absl::StrCat("Bearer  ", kMarker));
    add(method, absl::StrCat("Basic ", kMarker));
    add(method, absl::StrCat("Bearer ", good, kMarker));
    if (method != "Public") add(method, absl::StrCat("Bearer ", world.Token("bob", {}, mark)));
    add(method, absl::StrCat("Bearer ", Spliced(good, world.Token("bob", {}, mark))));
    add(method, "Bearer " + world.Token("bob", {}, [&](nlohmann::json& claims) {
      mark(claims);
      claims["exp"] = 1;
    }));
    add(method, "Bearer " + world.Token("bob", {}, [&](nlohmann::json& claims) {
      mark(claims);
      claims["aud"] = kMarker;
    }));
  }
  for (const std::string method : {"Checked", "CheckedStream"}) {
    add(method, absl::StrCat("Bearer ", good), request.SerializeAsString());
    add(method, absl::StrCat("Bearer ", good), absl::StrCat("\x0a\x7f", kMarker));
  }
  add("Nothing", absl::StrCat("Bearer ", kMarker));
  return calls;
}

// The marker, and the tokens that were sent, in no form.
void ExpectNoSecret(const std::string& text, const RawCall& call) {
  EXPECT_THAT(text, Not(HasSubstr(kMarker)));
  EXPECT_THAT(text, Not(HasSubstr(absl::WebSafeBase64Escape(kMarker))));
  const std::string& authorization = call.metadata.front().second;
  const std::string secret = authorization.substr(authorization.rfind(' ') + 1);
  EXPECT_THAT(text, Not(HasSubstr(secret)));
  const std::string signature = secret.substr(secret.rfind('.') + 1);
  EXPECT_THAT(text, Not(HasSubstr(signature)));
}

class SecretsTest : public ::testing::TestWithParam<Api> {};

TEST_P(SecretsTest, NoneReachesTheClientTheRecordsOrTheMetrics) {
  World world({.api = GetParam()});
  ASSERT_TRUE(world.Start().ok());
  const std::vector<RawCall> calls = MarkedCalls(world);
  for (const RawCall& call : calls) {
    SCOPED_TRACE(call.method);
    const Answer answer = Perform(world.channel(), call);
    EXPECT_FALSE(answer.ok());
    ExpectNoSecret(answer.Everything(), call);
  }
  EXPECT_EQ(world.sink().records().size(), calls.size());
  EXPECT_EQ(world.runs(), 0);
  const std::string page = HttpGet(world.server().metrics_port(), "/metrics");
  EXPECT_THAT(page, HasSubstr("warden_decisions_total"));
  for (const RawCall& call : calls) {
    ExpectNoSecret(world.sink().all(), call);
    ExpectNoSecret(page, call);
  }
}

TEST_P(SecretsTest, NoneReachesTheAuditLog) {
  std::vector<RawCall> calls;
  std::string log;
  {
    World world({.api = GetParam(), .extra_config = "audit: {file: audit.log}\n"});
    ASSERT_TRUE(world.Start().ok());
    calls = MarkedCalls(world);
    for (const RawCall& call : calls) Perform(world.channel(), call);
    // One that is let through with all of it, too.
    RawCall good = World::Call("Unary", world.Token("alice", {"caller"}, [](auto& claims) {
      claims["password"] = kMarker;
    }));
    good.metadata.emplace_back("x-password", kMarker);
    ASSERT_TRUE(Perform(world.channel(), good).ok());
    calls.push_back(std::move(good));
    const auto read = [&] {
      std::ifstream file(world.folder() / "audit.log");
      std::ostringstream text;
      text << file.rdbuf();
      log = text.str();
      return absl::StrContains(log, "\"decision\":\"allowed\"");
    };
    ASSERT_TRUE(Eventually(read));
  }
  EXPECT_THAT(log, HasSubstr("request_invalid"));
  EXPECT_THAT(log, HasSubstr("token_signature"));
  for (const RawCall& call : calls) ExpectNoSecret(log, call);
}

TEST_P(SecretsTest, NoneReachesTheLogOnStderr) {
  ::testing::internal::CaptureStderr();
  std::vector<RawCall> calls;
  {
    World world({.api = GetParam(), .log_to_stderr = true});
    const absl::Status started = world.Start();
    if (started.ok()) calls = MarkedCalls(world);
    for (const RawCall& call : calls) Perform(world.channel(), call);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  ASSERT_FALSE(calls.empty());
  EXPECT_THAT(log, HasSubstr("request_invalid"));
  EXPECT_THAT(log, HasSubstr("token_signature"));
  for (const RawCall& call : calls) ExpectNoSecret(log, call);
}

INSTANTIATE_TEST_SUITE_P(Apis, SecretsTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
