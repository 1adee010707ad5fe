// Request ids from peers that are trusted with them, and the trace that a caller names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kOwnId[] = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

std::string Traceparent(const std::string& trace) {
  return absl::StrCat("00-", trace, "-00f067aa0ba902b7-01");
}

// google.rpc.RequestInfo.
std::string IdInDetails(const Answer& answer) {
  google::rpc::Status status;
  EXPECT_TRUE(status.ParseFromString(answer.details));
  std::string id;
  for (const google::protobuf::Any& detail : status.details()) {
    google::rpc::RequestInfo info;
    if (detail.UnpackTo(&info)) id += info.request_id();
  }
  return id;
}

class CallIdsTest : public SuiteWorld<CallIdsTest> {
 public:
  static WorldOptions Options() {
    return {.extra_config =
                "request: {id_on_success: true, trusted_id_peers: [spiffe://probe.test/edge/*]}\n"};
  }

 protected:
  Answer Ask(const std::string& spiffe_id, const std::string& method,
             std::vector<std::pair<std::string, std::string>> metadata) {
    const Certificate identity = world().Identity(spiffe_id);
    RawCall call = World::Call(method, world().Token("alice", {"caller"}));
    for (auto& entry : metadata) call.metadata.push_back(std::move(entry));
    return Perform(world().Connect(&identity), call);
  }
};

TEST_P(CallIdsTest, ATrustedPeersIdIsTakenOver) {
  const size_t before = world().sink().records().size();
  const std::string id = "edge-1_ABC.42";
  const Answer allowed = Ask("spiffe://probe.test/edge/eu", "Unary", {{"x-request-id", id}});
  EXPECT_TRUE(allowed.ok());
  EXPECT_EQ(allowed.Trailer("x-request-id"), id);
  const Answer refused = Ask("spiffe://probe.test/edge/eu", "Restricted", {{"x-request-id", id}});
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(refused.Trailer("x-request-id"), id);
  EXPECT_EQ(IdInDetails(refused), id);
  ASSERT_EQ(world().sink().records().size(), before + 1);
  EXPECT_EQ(world().sink().records().back().request_id, id);
}

TEST_P(CallIdsTest, AnybodyElsesIsNot) {
  const Answer answer = Ask("spiffe://probe.test/client", "Unary", {{"x-request-id", "mine"}});
  EXPECT_THAT(answer.Trailer("x-request-id"), MatchesRegex(kOwnId));
  // Nor before it is known who the peer is.
  const Answer stranger = Ask("spiffe://elsewhere.test/edge/eu", "Unary", {{"x-request-id", "m"}});
  EXPECT_FALSE(stranger.ok());
  EXPECT_THAT(stranger.Trailer("x-request-id"), MatchesRegex(kOwnId));
  EXPECT_EQ(IdInDetails(stranger), stranger.Trailer("x-request-id"));
}

TEST_P(CallIdsTest, OnlyOneOfTheRightForm) {
  for (const std::string& bad : {std::string(65, 'a'), std::string("a b"), std::string("a\"b"),
                                 std::string("a,b"), std::string("a/b"), std::string("a=b")}) {
    const Answer answer = Ask("spiffe://probe.test/edge/eu", "Unary", {{"x-request-id", bad}});
    EXPECT_THAT(answer.Trailer("x-request-id"), MatchesRegex(kOwnId)) << bad;
  }
  const Answer longest =
      Ask("spiffe://probe.test/edge/eu", "Unary", {{"x-request-id", std::string(64, 'a')}});
  EXPECT_EQ(longest.Trailer("x-request-id"), std::string(64, 'a'));
  const Answer two =
      Ask("spiffe://probe.test/edge/eu", "Unary", {{"x-request-id", "a"}, {"x-request-id", "b"}});
  EXPECT_THAT(two.Trailer("x-request-id"), MatchesRegex(kOwnId));
}

TEST_P(CallIdsTest, TheTraceIsEchoed) {
  for (const char* method : {"Unary", "ServerStream", "ClientStream", "BidiStream", "Restricted"}) {
    const Answer answer =
        Ask("spiffe://probe.test/client", method, {{"traceparent", Traceparent(kTrace)}});
    EXPECT_EQ(answer.Trailer("x-trace-id"), kTrace) << method;
  }
}

TEST_P(CallIdsTest, ATraceThatIsNotWellFormedIsNot) {
  const std::string good = Traceparent(kTrace);
  for (const std::string& bad :
       {std::string("none"), good.substr(1), good + "-00", Traceparent(std::string(32, '0')),
        Traceparent("4BF92F3577B34DA6A3CE929D0E0E4736"), "ff" + good.substr(2)}) {
    const Answer answer = Ask("spiffe://probe.test/client", "Unary", {{"traceparent", bad}});
    EXPECT_TRUE(answer.ok()) << "it is no reason to refuse";
    EXPECT_EQ(answer.Trailer("x-trace-id"), "") << bad;
  }
  const Answer two =
      Ask("spiffe://probe.test/client", "Unary", {{"traceparent", good}, {"traceparent", good}});
  EXPECT_EQ(two.Trailer("x-trace-id"), "");
  EXPECT_EQ(Ask("spiffe://probe.test/client", "Unary", {}).Trailer("x-trace-id"), "");
}

TEST(CallIdsStart, PatternsAreChecked) {
  World world({.extra_config = "request: {trusted_id_peers: ['spiffe://a.test/x', 'edge*']}\n"});
  EXPECT_THAT(std::string(world.Start().message()), HasSubstr("request.trusted_id_peers[1]: "));
}

INSTANTIATE_TEST_SUITE_P(Apis, CallIdsTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
