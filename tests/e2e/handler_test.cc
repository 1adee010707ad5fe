// What a handler, and a user's own parts around it, see of a call.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "authz/token/verified_token.h"
#include "interceptors/grpc/caller.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using v1::CheckedRequest;
using v1::ProbeReply;
using v1::ProbeRequest;

std::string ValidBody() {
  CheckedRequest request;
  request.set_id("0f8fad5b-d9cb-469f-a165-70867728950e");
  request.set_email("a@b.test");
  request.set_host("b.test");
  request.set_ip("::1");
  request.set_name("name");
  request.set_size("S");
  request.set_ratio(0.5);
  request.add_items()->set_sku("ABC-0001");
  request.mutable_items(0)->set_quantity(1);
  return request.SerializeAsString();
}

class CallerTest : public SuiteWorld<CallerTest> {};

TEST_P(CallerTest, EachCallSeesItsOwnCallerUnderConcurrency) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&wrong, i, channel = world().channel(), &world = world()] {
      for (int round = 0; round < 50; ++round) {
        const std::string name = absl::StrCat("caller-", i, "-", round % 5);
        const Answer answer =
            Perform(channel, World::Call(kFourKinds[round % 4], world.Token(name, {"caller"})));
        ProbeReply reply;
        if (answer.replies.empty() || !reply.ParseFromString(answer.replies.front()) ||
            reply.caller() != name) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(CallerTest, ThePeerIsTheCallerWhereThereIsNoToken) {
  for (const std::string method : {"Public", "Authenticated"}) {
    const Answer answer = Send(World::Call(method, ""));
    ProbeReply reply;
    ASSERT_EQ(answer.replies.size(), 1u);
    ASSERT_TRUE(reply.ParseFromString(answer.replies.front()));
    EXPECT_EQ(reply.caller(), "spiffe://probe.test/client");
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, CallerTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

// Keeps the principal and the context of its calls.
class KeepingProbe final : public v1::Probe::Service {
 public:
  grpc::Status Unary(grpc::ServerContext* context, const ProbeRequest*, ProbeReply*) override {
    kept.push_back(CallerOf(context));
    ids.push_back(RequestIdOf(context));
    return grpc::Status::OK;
  }
  std::vector<std::shared_ptr<const Principal>> kept;
  std::vector<std::string> ids;
};

TEST(HandlerTest, APrincipalMayBeKeptForLongerThanItsCallAndItsServer) {
  KeepingProbe probe;
  Answer answer;
  {
    World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&probe); },
                 .register_probe = false});
    ASSERT_TRUE(world.Start().ok());
    answer = Perform(world.channel(), World::Call("Unary", world.Token("alice", {"caller"})));
    ASSERT_TRUE(answer.ok()) << answer.text;
  }
  ASSERT_EQ(probe.kept.size(), 1u);
  const Principal& principal = *probe.kept.front();
  EXPECT_EQ(principal.name(), "alice");
  EXPECT_TRUE(principal.authenticated());
  EXPECT_TRUE(principal.HasPermission("probe.call"));
  EXPECT_FALSE(principal.HasPermission("probe.admin"));
  EXPECT_EQ(principal.peer().spiffe_id, "spiffe://probe.test/client");
  EXPECT_EQ(principal.token()->issuer(), kIssuer);
  EXPECT_THAT(probe.ids, ElementsAre(answer.Trailer("x-request-id")));
}

TEST(HandlerTest, ACallAroundTheGateHasNobody) {
  KeepingProbe probe;
  std::string names;
  const std::string service = v1::Probe::service_full_name();
  for (const char* method :
       {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public", "Authenticated",
        "Restricted", "AnyOf", "LimitedByPrincipal", "LimitedByPeer", "LimitedByAddress",
        "LimitedToTwenty", "Checked", "CheckedStream"}) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", "/", service, "/", method);
  }
  World world(
      {.extra_config = absl::StrCat("unguarded_methods: [", names, "]\n"),
       .customize = [&](ServerBuilder& builder) { builder.grpc_builder().RegisterService(&probe); },
       .register_probe = false});
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  ASSERT_TRUE(Perform(world.channel(), World::Call("Unary", world.Token("alice", {"admin"}))).ok());
  ASSERT_EQ(probe.kept.size(), 1u);
  EXPECT_FALSE(probe.kept.front()->authenticated());
  EXPECT_TRUE(probe.kept.front()->roles().empty());
  EXPECT_THAT(probe.ids, ElementsAre(""));
}

// Counts what it gives and what is given back.
template <typename Request>
class CountingAllocator final : public grpc::MessageAllocator<Request, ProbeReply> {
 public:
  grpc::MessageHolder<Request, ProbeReply>* AllocateMessages() override {
    ++allocated;
    return new Holder(this);
  }
  std::atomic<int> allocated = 0;
  std::atomic<int> released = 0;

 private:
  class Holder final : public grpc::MessageHolder<Request, ProbeReply> {
   public:
    explicit Holder(CountingAllocator* owner) : owner_(owner) {
      this->set_request(&request_);
      this->set_response(&reply_);
    }
    void Release() override {
      ++owner_->released;
      delete this;
    }

   private:
    CountingAllocator* const owner_;
    Request request_;
    ProbeReply reply_;
  };
};

class AllocatingProbe final : public v1::Probe::CallbackService {
 public:
  AllocatingProbe() { SetMessageAllocatorFor_Checked(&allocator); }
  grpc::ServerUnaryReactor* Checked(grpc::CallbackServerContext* context, const CheckedRequest*,
                                    ProbeReply*) override {
    ++runs;
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  CountingAllocator<CheckedRequest> allocator;
  std::atomic<int> runs = 0;
};

TEST(HandlerTest, AUsersMessagesAreReleasedOnceWhateverIsDecided) {
  AllocatingProbe probe;
  World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&probe); },
               .register_probe = false});
  ASSERT_TRUE(world.Start().ok());
  const std::string good = world.Token("alice", {"caller"});
  const std::string denied = world.Token("bob", {});
  struct Row {
    RawCall call;
    const char* reason;
    int allocated;
  };
  const Row rows[] = {
      {World::Call("Checked", good, ValidBody()), "", 1},
      {World::Call("Checked", good, ""), "REQUEST_INVALID", 1},
      {World::Call("Checked", good, std::string(11, '\xff')), "REQUEST_MALFORMED", 1},
      {World::Call("Checked", denied, ValidBody()), "PERMISSION_DENIED", 0},
  };
  int allocated = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.reason);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(Perform(world.channel(), row.call).reason, row.reason);
      allocated += row.allocated;
      EXPECT_EQ(probe.allocator.allocated, allocated);
      EXPECT_TRUE(Eventually([&] { return probe.allocator.released == allocated; }))
          << probe.allocator.released;
    }
  }
  EXPECT_EQ(probe.runs, 20);
}

// What a user's interceptor saw of all calls.
struct Seen {
  std::atomic<int> calls = 0;
  std::atomic<int> requests = 0;  // with the message that the handler got
  std::atomic<int> empty = 0;     // without one
  std::atomic<int> statuses = 0;
};

class SeeingInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit SeeingInterceptor(Seen* seen) : seen_(seen) { ++seen_->calls; }
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_MESSAGE)) {
      const auto* request = static_cast<const ProbeRequest*>(methods->GetRecvMessage());
      ++(request != nullptr && request->text() == "seen" ? seen_->requests : seen_->empty);
    }
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) ++seen_->statuses;
    methods->Proceed();
  }

 private:
  Seen* const seen_;
};

class SeeingFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit SeeingFactory(Seen* seen) : seen_(seen) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new SeeingInterceptor(seen_);
  }

 private:
  Seen* const seen_;
};

class InterceptorTest : public ::testing::TestWithParam<Api> {};

TEST_P(InterceptorTest, AUsersInterceptorsSeeAllowedRequestsAndRefusedStatuses) {
  Seen seen;
  World world({.api = GetParam(), .customize = [&](ServerBuilder& builder) {
                 std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
                     creators;
                 creators.push_back(std::make_unique<SeeingFactory>(&seen));
                 builder.grpc_builder().experimental().SetInterceptorCreators(std::move(creators));
               }});
  ASSERT_TRUE(world.Start().ok());
  ProbeRequest request;
  request.set_text("seen");
  const std::string body = request.SerializeAsString();
  const std::string good = world.Token("alice", {"caller"});
  for (const std::string method : {"Unary", "ServerStream"}) {
    EXPECT_TRUE(Perform(world.channel(), World::Call(method, good, body)).ok());
  }
  EXPECT_EQ(seen.requests, 2);
  EXPECT_EQ(seen.empty, 0);
  int refused = 0;
  for (const std::string method : kFourKinds) {
    for (const std::string& token : {world.Token("bob", {}), std::string(), std::string("x")}) {
      ++refused;
      const Counted before(world);
      const Answer answer = Perform(world.channel(), World::Call(method, token, body));
      before.ExpectRefused(method, answer,
                           token.empty()  ? kNoCredentials
                           : token == "x" ? BadCredentials("token_malformed")
                                          : kDenied);
    }
  }
  EXPECT_EQ(Perform(world.channel(), World::Call("Unary", good, "\xff")).reason,
            "REQUEST_MALFORMED");
  EXPECT_EQ(Perform(world.channel(), World::Call("Nothing", good, body)).reason, "METHOD_UNKNOWN");
  EXPECT_EQ(seen.requests, 2);  // no refused one
  EXPECT_EQ(seen.calls, 2 + refused + 2);
  EXPECT_EQ(seen.statuses, 2 + refused + 2);
  EXPECT_EQ(world.runs(), 2);
}

INSTANTIATE_TEST_SUITE_P(Apis, InterceptorTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
