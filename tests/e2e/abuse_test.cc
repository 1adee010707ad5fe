// Who fails too often has to wait and is blocked, and nobody else is.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/abuse/abuse_control.h"
#include "interceptors/guard.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/door.grpc.pb.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kPeersOnly[] = "  exempt_addresses: [127.0.0.0/8]\n";

// Fails with all but "friend".
class Door final : public v1::Door::Service {
 public:
  explicit Door(std::atomic<int>* runs) : runs_(runs) {}
  grpc::Status LogIn(grpc::ServerContext*, const v1::LogInRequest* request,
                     v1::LogInReply*) override {
    return Answer(request->word());
  }
  grpc::Status Knock(grpc::ServerContext*, const v1::LogInRequest* request,
                     v1::LogInReply*) override {
    return Answer(request->word());
  }
  grpc::Status Converse(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::LogInReply, v1::LogInRequest>* stream) override {
    v1::LogInRequest request;
    while (stream->Read(&request)) {
    }
    return Answer(request.word());
  }

 private:
  grpc::Status Answer(const std::string& word) {
    ++*runs_;
    if (word == "friend") return grpc::Status::OK;
    if (word == "busy") return {grpc::StatusCode::UNAVAILABLE, "later"};
    return {grpc::StatusCode::UNAUTHENTICATED, "no"};
  }
  std::atomic<int>* const runs_;
};

class AbuseTest : public ::testing::TestWithParam<Api> {
 protected:
  // `abuse`: lines of the configuration's `abuse`, indented by two.
  void Start(const std::string& abuse, const std::string& more = "") {
    world_ = std::make_unique<World>(WorldOptions{
        .api = GetParam(),
        .extra_config = absl::StrCat("abuse:\n  window: 3600s\n", abuse, more),
        .customize = [this](ServerBuilder& builder) {
          door_ = std::make_unique<Door>(world_->counter());
          builder.RegisterService(door_.get());
          builder.SetClock([this] { return absl::Now() + absl::Seconds(step_.load()); });
        }});
    for (const auto& [name, text] : files_) world_->Write(name, text);
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  std::shared_ptr<grpc::Channel> Peer(const std::string& name) {
    const Certificate identity = world_->Identity("spiffe://probe.test/" + name);
    return world_->Connect(&identity);
  }
  std::string Good(const std::string& subject = "alice") const {
    return world_->Token(subject, {"caller"}, [](nlohmann::json& claims) {
      claims["exp"] = absl::ToUnixSeconds(absl::Now()) + 100'000;
    });
  }
  // A token of `subject` with another signature.
  std::string Forged(const std::string& subject = "alice") const {
    std::string token = Good(subject);
    token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
    return token;
  }
  // So many calls with wrong tokens, each of which is refused as such.
  void Forge(const std::shared_ptr<grpc::Channel>& channel, int times) {
    const int runs = world_->runs();
    for (int i = 0; i < times; ++i) {
      const Answer answer = Perform(channel, World::Call("Unary", Forged()));
      EXPECT_EQ(answer.code, grpc::StatusCode::UNAUTHENTICATED);
      EXPECT_EQ(answer.reason, "CREDENTIALS_INVALID");
    }
    EXPECT_EQ(world_->runs(), runs);
  }
  Answer ExpectBlocked(const std::shared_ptr<grpc::Channel>& channel, const std::string& token) {
    const int runs = world_->runs();
    Answer last;
    for (const char* method : kFourKinds) {
      last = Perform(channel, World::Call(method, token));
      EXPECT_EQ(last.code, grpc::StatusCode::RESOURCE_EXHAUSTED) << method;
      EXPECT_EQ(last.reason, "RATE_LIMITED");
      EXPECT_TRUE(last.has_retry_info);
    }
    EXPECT_EQ(world_->runs(), runs);
    return last;
  }
  void ExpectAllowed(const std::shared_ptr<grpc::Channel>& channel, const std::string& token) {
    const int runs = world_->runs();
    const Answer answer = Perform(channel, World::Call("Unary", token));
    EXPECT_TRUE(answer.ok()) << answer.text;
    EXPECT_EQ(world_->runs(), runs + 1);
  }
  double Metric(const std::string& name) const { return world_->Metrics()[name]; }
  int Records(const std::string& event) const {
    int count = 0;
    for (const RefusalRecord& record : world_->sink().records()) count += record.event == event;
    return count;
  }
  grpc::StatusCode LogIn(const std::shared_ptr<grpc::Channel>& channel, const std::string& word,
                         bool knock = false) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::LogInRequest request;
    request.set_word(word);
    v1::LogInReply reply;
    const auto stub = v1::Door::NewStub(channel);
    return (knock ? stub->Knock(&context, request, &reply) : stub->LogIn(&context, request, &reply))
        .error_code();
  }

  std::map<std::string, std::string> files_;
  std::atomic<int64_t> step_{0};  // of the server's clock, in seconds
  std::unique_ptr<Door> door_;
  std::unique_ptr<World> world_;
};

TEST_P(AbuseTest, GuessingBlocksThePeerAndNobodyElse) {
  Start(absl::StrCat("  delay_after: 4\n  block_after: 4\n", kPeersOnly));
  const auto attacker = Peer("attacker");
  const auto victim = Peer("victim");
  Forge(attacker, 4);
  const Answer answer = ExpectBlocked(attacker, Good());
  EXPECT_EQ(answer.quota_subject, "peer");
  EXPECT_GT(answer.retry_after, absl::Seconds(1));
  EXPECT_LE(answer.retry_after, absl::Minutes(1));
  // Neither the subject that the wrong tokens named nor another peer pays for it.
  ExpectAllowed(victim, Good("alice"));
  EXPECT_EQ(Records("block"), 1);
  EXPECT_EQ(Metric("warden_penalty_blocks_total{kind=\"peer\"}"), 1);
  EXPECT_EQ(Metric("warden_blocked_total{kind=\"peer\"}"), 4);
  EXPECT_EQ(Metric("warden_blocks{kind=\"peer\",source=\"local\"}"), 1);
  EXPECT_EQ(Metric("warden_failures_counted_total{kind=\"credentials\"}"), 4);
  // A blocked caller's calls do not make it longer.
  const AbuseControl& abuse = *world_->server().guard().abuse();
  const BlockKey key = *PeerKey("spiffe://probe.test/attacker");
  const absl::Time until = abuse.list().Get(BlockSource::kLocal, key)->until;
  for (int i = 0; i < 20; ++i) Perform(attacker, World::Call("Unary", Forged()));
  EXPECT_EQ(abuse.list().Get(BlockSource::kLocal, key)->until, until);
  EXPECT_EQ(Records("block"), 1);
  // It ends by the server's clock.
  step_ = 20;
  ExpectBlocked(attacker, Good());
  step_ = 61;
  ExpectAllowed(attacker, Good());
}

TEST_P(AbuseTest, AnAddressIsBlockedWithAllItsPeers) {
  Start("  delay_after: 3\n  block_after: 3\n");
  Forge(Peer("one"), 1);
  Forge(Peer("two"), 1);
  Forge(Peer("three"), 1);
  EXPECT_EQ(ExpectBlocked(Peer("four"), Good()).quota_subject, "address");
  EXPECT_EQ(Metric("warden_blocked_total{kind=\"address\"}"), 4);
  EXPECT_EQ(Metric("warden_penalty_blocks_total{kind=\"peer\"}"), 0);
}

TEST_P(AbuseTest, AVerifiedCallersDenialsAreItsOwn) {
  Start("  delay_after: 3\n  block_after: 3\n");
  const auto gateway = Peer("gateway");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Perform(gateway, World::Call("Restricted", Good("eve"))).code,
              grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(ExpectBlocked(gateway, Good("eve")).quota_subject, "principal");
  EXPECT_EQ(ExpectBlocked(Peer("elsewhere"), Good("eve")).quota_subject, "principal");
  ExpectAllowed(gateway, Good("bob"));
}

TEST_P(AbuseTest, InvalidInputCountsAndSuccessDoesNotMakeItGood) {
  Start("  delay_after: 3\n  block_after: 3\n");
  const auto peer = Peer("peer");
  for (int i = 0; i < 3; ++i) {
    ExpectAllowed(peer, Good());
    EXPECT_EQ(Perform(peer, World::Call("Checked", Good())).code,
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  ExpectBlocked(peer, Good());
  EXPECT_EQ(Metric("warden_failures_counted_total{kind=\"invalid\"}"), 3);
}

TEST_P(AbuseTest, ExemptPeersAreLeftAlone) {
  Start("  delay_after: 2\n  block_after: 2\n  exempt_peers: [\"spiffe://probe.test/gw/*\"]\n");
  const auto gateway = Peer("gw/1");
  Forge(gateway, 6);
  ExpectAllowed(gateway, Good());
  ExpectAllowed(Peer("other"), Good());  // nor was the gateway's address counted
}

TEST_P(AbuseTest, ExpiredAndMissingCredentialsAreNoFailures) {
  Start("  delay_after: 1\n  block_after: 1\n");
  const auto peer = Peer("peer");
  const std::string expired =
      world_->Token("alice", {"caller"}, [](nlohmann::json& claims) { claims["exp"] = 1; });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Perform(peer, World::Call("Unary", expired)).code, grpc::StatusCode::UNAUTHENTICATED);
  }
  ExpectAllowed(peer, Good());
}

TEST_P(AbuseTest, WhoIsOnlyWatchedGoesOn) {
  Start(absl::StrCat("  delay_after: 2\n  block_after: 2\n", kPeersOnly),
        "enforcement: {abuse: OBSERVE}\n");
  const auto attacker = Peer("attacker");
  Forge(attacker, 2);
  ExpectAllowed(attacker, Good());
  EXPECT_EQ(Records("observed"), 1);
  EXPECT_EQ(Records("block"), 1);
  EXPECT_EQ(Metric("warden_blocked_total{kind=\"peer\"}"), 0);
}

TEST_P(AbuseTest, AFailedLogInCounts) {
  Start(absl::StrCat("  delay_after: 3\n  block_after: 3\n", kPeersOnly));
  const auto guesser = Peer("guesser");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(LogIn(guesser, "friend"), grpc::StatusCode::OK);
    EXPECT_EQ(LogIn(guesser, "busy"), grpc::StatusCode::UNAVAILABLE);  // not one of its codes
    EXPECT_EQ(LogIn(guesser, "foe", /*knock=*/true), grpc::StatusCode::UNAUTHENTICATED);
  }
  EXPECT_EQ(Metric("warden_failures_counted_total{kind=\"handler\"}"), 0);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(LogIn(guesser, "foe"), grpc::StatusCode::UNAUTHENTICATED);
  {
    grpc::ClientContext context;
    const auto stream = v1::Door::NewStub(guesser)->Converse(&context);
    stream->WritesDone();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
  EXPECT_TRUE(
      Eventually([&] { return Metric("warden_failures_counted_total{kind=\"handler\"}") == 3; }));
  const int runs = world_->runs();
  EXPECT_EQ(LogIn(guesser, "friend"), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(world_->runs(), runs);
  EXPECT_EQ(LogIn(Peer("friend"), "friend"), grpc::StatusCode::OK);
}

TEST_P(AbuseTest, ABlockFileIsWatched) {
  files_["blocks.yaml"] = "blocks:\n  - peer: spiffe://probe.test/bad\n    reason: reported\n";
  Start("  block_file: blocks.yaml\n");
  const auto bad = Peer("bad");
  ExpectBlocked(bad, Good());
  world_->Write("blocks.yaml", "blocks:\n  - adress: 127.0.0.1\n");
  EXPECT_TRUE(Eventually(
      [&] { return Metric("warden_reloads_total{file=\"blocks\",result=\"error\"}") > 0; }));
  ExpectBlocked(bad, Good());  // the last good list stays
  world_->Write("blocks.yaml", absl::StrCat("blocks:\n  - principal: {issuer: \"", kIssuer,
                                            "\", subject: mallory}\n"));
  EXPECT_TRUE(Eventually([&] { return Perform(bad, World::Call("Unary", Good())).ok(); }));
  EXPECT_EQ(ExpectBlocked(bad, Good("mallory")).quota_subject, "principal");
  world_->Write("blocks.yaml", "blocks:\n  - address: 127.0.0.0/8\n");
  EXPECT_TRUE(Eventually([&] { return !Perform(bad, World::Call("Unary", Good())).ok(); }));
  EXPECT_EQ(ExpectBlocked(Peer("other"), Good()).quota_subject, "address");
  world_->Write("blocks.yaml", "blocks: []\n");
  EXPECT_TRUE(Eventually([&] { return Perform(bad, World::Call("Unary", Good())).ok(); }));
}

TEST_P(AbuseTest, MistakesOfConfigurationAreNamed) {
  world_ = std::make_unique<World>(WorldOptions{
      .api = GetParam(),
      .extra_config = "abuse:\n  delay_after: 5\n  block_after: 3\n  window: 0s\n"
                      "  max_delay: 3600s\n  first_block: 172800s\n"
                      "  exempt_addresses: [10.0.0.1/8]\n  exempt_peers: [nobody]\n"
                      "anomalies:\n  penalize: true\n  window: 0s\n  subjects_per_peer: 1\n"});
  const absl::Status started = world_->Start();
  ASSERT_FALSE(started.ok());
  for (const char* problem :
       {"abuse.block_after", "abuse.window", "abuse.max_delay", "abuse.max_block",
        "abuse.exempt_addresses[0]", "abuse.exempt_peers[0]", "anomalies.window",
        "anomalies.subjects_per_peer"}) {
    EXPECT_THAT(std::string(started.message()), HasSubstr(problem));
  }
  World absent({.extra_config = "abuse: {block_file: absent.yaml}\n"});
  EXPECT_THAT(std::string(absent.Start().message()), HasSubstr("`blocks: []`"));
  World useless({.extra_config = "enforcement: {abuse: OBSERVE}\n"});
  EXPECT_THAT(std::string(useless.Start().message()), HasSubstr("enforcement.abuse"));
}

// The sync API has a thread for each call, which must not sleep: it refuses instead.
TEST_P(AbuseTest, WhoHasToWaitWaitsOrIsToldTo) {
  Start(absl::StrCat("  delay_after: 2\n  first_delay: 3s\n  max_delay: 3s\n", kPeersOnly));
  const auto attacker = Peer("attacker");
  Forge(attacker, 2);
  const Answer answer = Perform(attacker, World::Call("Unary", Good()));
  if (GetParam() == Api::kCallback) {
    EXPECT_TRUE(answer.ok()) << answer.text;
    EXPECT_EQ(Metric("warden_delays_total{outcome=\"waited\"}"), 1);
  } else {
    EXPECT_EQ(answer.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_GT(answer.retry_after, absl::ZeroDuration());
    EXPECT_LE(answer.retry_after, absl::Seconds(3));
    EXPECT_EQ(world_->runs(), 0);
    EXPECT_EQ(Metric("warden_delays_total{outcome=\"refused\"}"), 1);
    EXPECT_TRUE(Eventually([&] { return Perform(attacker, World::Call("Unary", Good())).ok(); }));
  }
  ExpectAllowed(Peer("other"), Good());
}

INSTANTIATE_TEST_SUITE_P(Apis, AbuseTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

// One call of a client that does not wait for it.
struct Started {
  grpc::ClientContext context;
  v1::ProbeRequest request;
  v1::ProbeReply reply;
};

class DelayTest : public AbuseTest {};

TEST_P(DelayTest, WaitingHoldsNoThread) {
  Start(absl::StrCat("  delay_after: 2\n  first_delay: 60s\n  max_delay: 60s\n  max_delayed: 300\n",
                     kPeersOnly));
  const auto attacker = Peer("attacker");
  Forge(attacker, 2);
  const auto stub = v1::Probe::NewStub(attacker);
  std::deque<Started> calls;
  std::atomic<int> refused = 0, ended = 0;
  for (int i = 0; i < 400; ++i) {
    Started& call = calls.emplace_back();
    call.context.AddMetadata("authorization", "Bearer " + Good());
    stub->async()->Unary(&call.context, &call.request, &call.reply,
                         [&](const grpc::Status& status) {
                           refused += status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
                           ++ended;
                         });
  }
  // Those for which there is no room are refused.
  EXPECT_TRUE(Eventually([&] { return refused == 100; }));
  EXPECT_EQ(Metric("warden_delayed_calls"), 300);
  const auto other = Peer("other");
  for (int i = 0; i < 50; ++i) ExpectAllowed(other, Good());
  EXPECT_EQ(ended, 100);
  // A server that stops does not wait for them, and does not let them in.
  const int runs = world_->runs();
  world_->server().Shutdown(absl::Now() + absl::Seconds(10));
  EXPECT_TRUE(Eventually([&] { return ended == 400; }));
  EXPECT_EQ(world_->runs(), runs);
}

// Of calls that wait together, what the first one does counts for the others.
TEST_P(DelayTest, WaitingTogetherGivesNoMoreGuesses) {
  Start(absl::StrCat("  delay_after: 2\n  block_after: 3\n  first_delay: 3s\n  max_delay: 3s\n",
                     kPeersOnly));
  const auto attacker = Peer("attacker");
  Forge(attacker, 2);
  const auto stub = v1::Probe::NewStub(attacker);
  std::deque<Started> calls;
  std::atomic<int> guessed = 0, refused = 0;
  for (int i = 0; i < 100; ++i) {
    Started& call = calls.emplace_back();
    call.context.AddMetadata("authorization", "Bearer " + Forged());
    stub->async()->Unary(&call.context, &call.request, &call.reply,
                         [&](const grpc::Status& status) {
                           if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) ++guessed;
                           if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED)
                             ++refused;
                         });
  }
  EXPECT_TRUE(Eventually([&] { return guessed + refused == 100; }));
  EXPECT_GE(guessed, 1);
  EXPECT_LE(guessed, 20);  // those that other threads were judging at the same moment
  EXPECT_EQ(world_->runs(), 0);
}

INSTANTIATE_TEST_SUITE_P(Apis, DelayTest, ::testing::Values(Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
