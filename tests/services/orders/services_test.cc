// The handlers' streams on both server APIs, on a plain in-process server: what Warden adds has its
// own tests. Without it every caller is the same one, who has no roles.
#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/orders/callback_service.h"
#include "services/orders/memory_store.h"
#include "services/orders/sync_service.h"

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Services : public ::testing::TestWithParam<std::string> {
 protected:
  Services() {
    grpc::ServerBuilder builder;
    if (GetParam() == "sync") {
      builder.RegisterService(&sync_);
    } else {
      builder.RegisterService(&callback_);
    }
    server_ = builder.BuildAndStart();
    stub_ = v1::OrderService::NewStub(server_->InProcessChannel({}));
  }
  ~Services() override { server_->Shutdown(std::chrono::system_clock::now()); }

  static std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return context;
  }

  v1::Order Create() {
    v1::CreateOrderRequest request;
    request.add_items()->set_sku("TEA-0042");
    v1::Order order;
    const grpc::Status status = stub_->CreateOrder(Context().get(), request, &order);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return order;
  }

  grpc::StatusCode Cancel(const std::string& id) {
    v1::CancelOrderRequest request;
    request.set_id(id);
    v1::Order order;
    return stub_->CancelOrder(Context().get(), request, &order).error_code();
  }

  std::vector<std::string> Listed() {
    const auto context = Context();
    const auto reader = stub_->ListOrders(context.get(), {});
    std::vector<std::string> ids;
    for (v1::Order order; reader->Read(&order);) ids.push_back(order.id());
    EXPECT_TRUE(reader->Finish().ok());
    return ids;
  }

  // Uploads the parts and returns how it ended.
  grpc::Status Import(const std::vector<v1::ImportOrdersRequest>& parts,
                      v1::ImportOrdersResponse* response) {
    const auto context = Context();
    const auto writer = stub_->ImportOrders(context.get(), response);
    for (const v1::ImportOrdersRequest& part : parts) {
      if (!writer->Write(part)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  MemoryStore* const store_ = new MemoryStore(1000);  // owned by the book
  OrderBook book_{std::unique_ptr<OrderStore>(store_)};
  SyncOrderService sync_{&book_};
  CallbackOrderService callback_{&book_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::OrderService::Stub> stub_;
};

v1::ImportOrdersRequest Part(const std::string& sku) {
  v1::ImportOrdersRequest request;
  auto* line = request.mutable_order()->add_lines();
  line->set_sku(sku);
  line->set_quantity(1);
  auto* to = request.mutable_order()->mutable_ship_to();
  to->set_recipient("r");
  to->set_street("s");
  to->set_city("c");
  to->set_postal_code("EX1 2AB");
  to->set_country_code("GB");
  request.mutable_order()->set_currency("EUR");
  return request;
}

v1::ImportOrdersRequest EndPart(int32_t count) {
  v1::ImportOrdersRequest request;
  request.set_order_count(count);
  return request;
}

TEST_P(Services, SaysWhichApiAnswers) {
  v1::GetStatusResponse response;
  ASSERT_TRUE(stub_->GetStatus(Context().get(), {}, &response).ok());
  EXPECT_EQ(response.api(), GetParam());
  EXPECT_TRUE(response.open());
}

TEST_P(Services, CreatesListsGetsAndCancels) {
  const v1::Order first = Create();
  const v1::Order second = Create();
  EXPECT_THAT(Listed(), ElementsAre(first.id(), second.id()));
  v1::GetOrderRequest get;
  get.set_id(first.id());
  v1::Order got;
  ASSERT_TRUE(stub_->GetOrder(Context().get(), get, &got).ok());
  EXPECT_EQ(got.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(Cancel(first.id()), grpc::StatusCode::OK);
  EXPECT_EQ(Cancel(first.id()), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Cancel("nothing"), grpc::StatusCode::NOT_FOUND);
}

TEST_P(Services, ListingEverybodyNeedsAPermission) {
  v1::ListOrdersRequest request;
  request.set_all_owners(true);
  const auto context = Context();
  const auto reader = stub_->ListOrders(context.get(), request);
  v1::Order order;
  EXPECT_FALSE(reader->Read(&order));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_P(Services, WatchingEverybodyNeedsAPermission) {
  v1::WatchOrdersRequest request;
  request.set_all_owners(true);
  const auto context = Context();
  const auto reader = stub_->WatchOrders(context.get(), request);
  v1::OrderEvent event;
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_P(Services, AWatcherSeesWhatHappens) {
  const v1::Order existing = Create();
  v1::WatchOrdersRequest request;
  request.set_include_existing(true);
  request.set_max_events(3);
  const auto context = Context();
  const auto reader = stub_->WatchOrders(context.get(), request);
  v1::OrderEvent event;
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.kind(), v1::OrderEvent::KIND_EXISTING);
  EXPECT_EQ(event.order().id(), existing.id());
  const v1::Order created = Create();
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.kind(), v1::OrderEvent::KIND_CREATED);
  EXPECT_EQ(event.order().id(), created.id());
  Cancel(created.id());
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.kind(), v1::OrderEvent::KIND_CANCELLED);
  EXPECT_EQ(event.order().state(), v1::ORDER_STATE_CANCELLED);
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_P(Services, AWatchIsOverWhenItsCallerLeaves) {
  const auto context = Context();
  const auto reader = stub_->WatchOrders(context.get(), {});
  reader->WaitForInitialMetadata();
  context->TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  Create();  // reaches nobody, and nothing that is gone
}

TEST_P(Services, ManyWatchersSeeEveryOrder) {
  constexpr int kWatchers = 4;
  constexpr int kOrders = 50;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::OrderEvent>>> readers;
  v1::WatchOrdersRequest request;
  request.set_max_events(2 * kOrders);
  for (int i = 0; i < kWatchers; ++i) {
    contexts.push_back(Context());
    readers.push_back(stub_->WatchOrders(contexts.back().get(), request));
    readers.back()->WaitForInitialMetadata();
  }
  const auto place = [this] {
    for (int i = 0; i < kOrders; ++i) Create();
  };
  std::thread one(place);
  std::thread other(place);
  for (auto& reader : readers) {
    int seen = 0;
    for (v1::OrderEvent event; reader->Read(&event);) ++seen;
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(seen, 2 * kOrders);
  }
  one.join();
  other.join();
}

TEST_P(Services, TracksEachOrderAskedFor) {
  const v1::Order order = Create();
  const auto context = Context();
  const auto stream = stub_->TrackOrders(context.get());
  v1::TrackOrdersRequest request;
  v1::TrackOrdersResponse response;
  request.set_order_id(order.id());
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  EXPECT_EQ(response.state(), v1::ORDER_STATE_PLACED);
  request.set_order_id("nothing");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  EXPECT_EQ(response.order_id(), "nothing");
  EXPECT_EQ(response.state(), v1::ORDER_STATE_UNSPECIFIED);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_P(Services, TakesAnUploadWhole) {
  v1::ImportOrdersResponse response;
  ASSERT_TRUE(Import({Part("TEA-0042"), Part("CUP-0007"), EndPart(2)}, &response).ok());
  EXPECT_EQ(response.imported(), 2);
  EXPECT_EQ(Listed().size(), 2U);
}

TEST_P(Services, TakesNothingOfABadUpload) {
  v1::ImportOrdersResponse response;
  const grpc::Status bad = Import({Part("TEA-0042"), Part("tea"), EndPart(2)}, &response);
  EXPECT_EQ(bad.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(bad.error_message(), HasSubstr("order 1: lines[0].sku"));
  const grpc::Status unfinished = Import({Part("TEA-0042")}, &response);
  EXPECT_EQ(unfinished.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Listed(), ElementsAre());
}

TEST_P(Services, TakesNothingOfAnUploadThatIsCancelled) {
  v1::ImportOrdersResponse response;
  const auto context = Context();
  const auto writer = stub_->ImportOrders(context.get(), &response);
  ASSERT_TRUE(writer->Write(Part("TEA-0042")));
  context->TryCancel();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // Waits for the handler to have ended.
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  EXPECT_EQ(store_->List({})->size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Apis, Services, ::testing::Values("sync", "callback"),
                         [](const auto& api) { return api.param; });

}  // namespace
}  // namespace orders
