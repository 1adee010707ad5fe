#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "services/orders/memory_store.h"
#include "services/orders/order_book.h"
#include "services/orders/order_feed.h"
#include "services/orders/watch_backlog.h"
#include "tests/services/orders/callers.h"

namespace orders {
namespace {

using ::testing::ElementsAre;

OrderUpdate UpdateOf(const std::string& owner, const std::string& id) {
  OrderUpdate update;
  update.owner_key = owner;
  update.event.mutable_order()->set_id(id);
  return update;
}

class Recorder : public Watcher {
 public:
  void OnUpdate(const OrderUpdate& update) override {
    seen.push_back(v1::OrderEvent::Kind_Name(update.event.kind()));
  }
  std::vector<std::string> seen;
};

TEST(WatchBacklog, KeepsToTheOwner) {
  WatchScope scope;
  scope.owner_key = "x";
  WatchBacklog backlog(scope);
  backlog.Add(UpdateOf("y", "1"));
  backlog.Add(UpdateOf("x", "2"));
  EXPECT_EQ(backlog.Next()->order().id(), "2");
  EXPECT_FALSE(backlog.Next().has_value());
  EXPECT_FALSE(backlog.End().has_value());
}

TEST(WatchBacklog, EndsAfterTheEventsAskedFor) {
  WatchScope scope;
  scope.max_events = 2;
  WatchBacklog backlog(scope);
  for (const char* id : {"1", "2", "3"}) backlog.Add(UpdateOf("x", id));
  EXPECT_EQ(backlog.Next()->order().id(), "1");
  EXPECT_FALSE(backlog.End().has_value());
  EXPECT_EQ(backlog.Next()->order().id(), "2");
  EXPECT_FALSE(backlog.Next().has_value());
  EXPECT_EQ(backlog.End(), absl::OkStatus());
}

TEST(WatchBacklog, CutsOffWhoIsTooSlow) {
  WatchScope scope;
  scope.max_waiting = 2;
  WatchBacklog backlog(scope);
  for (const char* id : {"1", "2", "3", "4"}) backlog.Add(UpdateOf("x", id));
  EXPECT_TRUE(backlog.Next().has_value());
  EXPECT_TRUE(backlog.Next().has_value());
  EXPECT_FALSE(backlog.Next().has_value());
  ASSERT_TRUE(backlog.End().has_value());
  EXPECT_EQ(backlog.End()->code(), absl::StatusCode::kResourceExhausted);
}

TEST(OrderFeed, ForgetsWatchersThatAreGone) {
  OrderFeed feed;
  auto gone = std::make_shared<Recorder>();
  auto present = std::make_shared<Recorder>();
  feed.Subscribe(gone);
  feed.Subscribe(present);
  EXPECT_EQ(feed.watchers(), 2U);
  gone.reset();
  feed.Publish(UpdateOf("x", "1"));
  EXPECT_EQ(feed.watchers(), 1U);
  EXPECT_EQ(present->seen.size(), 1U);
}

TEST(OrderBook, TellsWatchersWhatWasThereAndWhatHappens) {
  OrderBook book(std::make_unique<MemoryStore>(10));
  const auto web = CallerNamed("web");
  v1::CreateOrderRequest create;
  create.add_items()->set_quantity(1);
  const v1::Order first = book.Create(*web, create).value();

  v1::WatchOrdersRequest request;
  request.set_include_existing(true);
  const absl::StatusOr<WatchScope> scope = book.Watch(*web, request);
  ASSERT_TRUE(scope.ok());
  EXPECT_EQ(scope->owner_key, OwnerKeyOf(*web));
  const auto recorder = std::make_shared<Recorder>();
  ASSERT_TRUE(book.Subscribe(recorder, *scope, true).ok());
  ASSERT_TRUE(book.Create(*web, create).ok());
  v1::CancelOrderRequest cancel;
  cancel.set_id(first.id());
  ASSERT_TRUE(book.Cancel(*web, cancel).ok());
  EXPECT_FALSE(book.Cancel(*web, cancel).ok());  // no event for what did not happen
  EXPECT_THAT(recorder->seen, ElementsAre("KIND_EXISTING", "KIND_CREATED", "KIND_CANCELLED"));
}

TEST(OrderBook, WatchingEverybodyNeedsReadAll) {
  OrderBook book(std::make_unique<MemoryStore>(10));
  v1::WatchOrdersRequest request;
  request.set_all_owners(true);
  EXPECT_EQ(book.Watch(*CallerNamed("web"), request).status().code(),
            absl::StatusCode::kPermissionDenied);
  const absl::StatusOr<WatchScope> all = book.Watch(*CallerNamed("clerk"), request);
  ASSERT_TRUE(all.ok());
  EXPECT_FALSE(all->owner_key.has_value());
}

}  // namespace
}  // namespace orders
