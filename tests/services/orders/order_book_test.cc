#include "services/orders/order_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "services/orders/memory_store.h"
#include "services/orders/order_id.h"
#include "tests/services/orders/callers.h"

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr char kNobodysId[] = "00000000-0000-4000-8000-000000000000";

v1::CreateOrderRequest Tea(int32_t quantity) {
  v1::CreateOrderRequest request;
  v1::Item* item = request.add_items();
  item->set_sku("TEA-0042");
  item->set_quantity(quantity);
  item->set_unit_price_cents(1250);
  request.set_currency("EUR");
  return request;
}

v1::ImportOrdersRequest Part(int32_t quantity) {
  v1::ImportOrdersRequest request;
  auto* line = request.mutable_order()->add_lines();
  line->set_sku("TEA-0042");
  line->set_quantity(quantity);
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

class OrderBookTest : public ::testing::Test {
 protected:
  v1::Order Place(const warden::Principal& caller, int32_t quantity = 1) {
    return book_.Create(caller, Tea(quantity)).value();
  }
  absl::StatusCode GetCode(const warden::Principal& caller, const std::string& id) {
    v1::GetOrderRequest request;
    request.set_id(id);
    return book_.Get(caller, request).status().code();
  }
  absl::StatusOr<v1::Order> Cancel(const warden::Principal& caller, const std::string& id) {
    v1::CancelOrderRequest request;
    request.set_id(id);
    request.set_reason("changed my mind");
    return book_.Cancel(caller, request);
  }
  std::vector<std::string> Listed(const warden::Principal& caller,
                                  const v1::ListOrdersRequest& request = {}) {
    std::vector<std::string> ids;
    const std::vector<v1::Order> orders = book_.List(caller, request).value();
    for (const v1::Order& order : orders) ids.push_back(order.id());
    return ids;
  }

  const std::shared_ptr<const warden::Principal> web_ = CallerNamed("web");
  const std::shared_ptr<const warden::Principal> app_ = CallerNamed("app");
  const std::shared_ptr<const warden::Principal> clerk_ = CallerNamed("clerk");
  const std::shared_ptr<const warden::Principal> courier_ = CallerNamed("courier");
  absl::Time now_ = absl::FromUnixMillis(1'700'000'000'500);
  OrderBook book_{std::make_unique<MemoryStore>(10), {[this] { return now_; }, NewOrderId}};
};

TEST_F(OrderBookTest, AnOrderHasWhatWasAskedFor) {
  const v1::Order order = Place(*web_, 3);
  EXPECT_EQ(order.owner(), "spiffe://shop.example/web");
  EXPECT_EQ(order.state(), v1::ORDER_STATE_PLACED);
  EXPECT_EQ(order.total_cents(), 3750);
  EXPECT_EQ(order.priority(), v1::PRIORITY_NORMAL);
  EXPECT_EQ(order.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(order.create_time().nanos(), 500'000'000);
  v1::GetOrderRequest get;
  get.set_id(order.id());
  EXPECT_EQ(book_.Get(*web_, get)->SerializeAsString(), order.SerializeAsString());
}

TEST_F(OrderBookTest, SomebodyElsesOrderDoesNotExist) {
  const std::string id = Place(*web_).id();
  EXPECT_EQ(GetCode(*app_, id), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetCode(*app_, kNobodysId), absl::StatusCode::kNotFound);
  EXPECT_EQ(Cancel(*app_, id).status(), Cancel(*app_, kNobodysId).status());
  EXPECT_THAT(Listed(*app_), IsEmpty());
  EXPECT_EQ(GetCode(*web_, id), absl::StatusCode::kOk);
}

TEST_F(OrderBookTest, ReadAllAndCancelAllWidenTheView) {
  const std::string id = Place(*web_).id();
  EXPECT_EQ(GetCode(*clerk_, id), absl::StatusCode::kOk);
  v1::ListOrdersRequest all;
  all.set_all_owners(true);
  EXPECT_THAT(Listed(*clerk_), IsEmpty());
  EXPECT_THAT(Listed(*clerk_, all), ElementsAre(id));
  EXPECT_EQ(book_.List(*web_, all).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(Cancel(*clerk_, id).ok());
}

TEST_F(OrderBookTest, OnlyAPlacedOrderIsCancelledAndOnce) {
  const std::string id = Place(*web_).id();
  now_ += absl::Seconds(5);
  const absl::StatusOr<v1::Order> cancelled = Cancel(*web_, id);
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->state(), v1::ORDER_STATE_CANCELLED);
  EXPECT_EQ(cancelled->cancel_reason(), "changed my mind");
  EXPECT_EQ(cancelled->update_time().seconds(), cancelled->create_time().seconds() + 5);
  EXPECT_EQ(Cancel(*web_, id).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(OrderBookTest, AListKeepsToStateAndLimit) {
  const std::string first = Place(*web_).id();
  const std::string second = Place(*web_).id();
  const std::string third = Place(*web_).id();
  ASSERT_TRUE(Cancel(*web_, second).ok());
  v1::ListOrdersRequest request;
  request.set_state(v1::ORDER_STATE_PLACED);
  EXPECT_THAT(Listed(*web_, request), ElementsAre(first, third));
  request.set_limit(1);
  EXPECT_THAT(Listed(*web_, request), ElementsAre(first));
}

TEST_F(OrderBookTest, TrackingShowsTheStateToCouriersToo) {
  v1::TrackOrdersRequest request;
  request.set_order_id(Place(*web_).id());
  EXPECT_EQ(book_.Track(*web_, request).state(), v1::ORDER_STATE_PLACED);
  EXPECT_EQ(book_.Track(*courier_, request).state(), v1::ORDER_STATE_PLACED);
  EXPECT_EQ(book_.Track(*app_, request).state(), v1::ORDER_STATE_UNSPECIFIED);
  EXPECT_FALSE(book_.Track(*app_, request).has_update_time());
}

TEST_F(OrderBookTest, AnUploadIsTakenWhole) {
  OrderBook::Import import(book_, *web_);
  ASSERT_TRUE(import.Add(Part(1)).ok());
  ASSERT_TRUE(import.Add(Part(2)).ok());
  EXPECT_THAT(Listed(*web_), IsEmpty());
  ASSERT_TRUE(import.Add(EndPart(2)).ok());
  const absl::StatusOr<v1::ImportOrdersResponse> done = import.Commit();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->imported(), 2);
  EXPECT_THAT(Listed(*web_), ElementsAre(done->order_ids(0), done->order_ids(1)));
}

TEST_F(OrderBookTest, AnUploadThatBreaksOffStoresNothing) {
  OrderBook::Import import(book_, *web_);
  ASSERT_TRUE(import.Add(Part(1)).ok());
  EXPECT_EQ(import.Commit().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Listed(*web_), IsEmpty());
}

TEST_F(OrderBookTest, AnUploadThatDoesNotFitStoresNothing) {
  OrderBook::Import import(book_, *web_);
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(import.Add(Part(1)).ok());
  ASSERT_TRUE(import.Add(EndPart(11)).ok());
  EXPECT_EQ(import.Commit().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Listed(*web_), IsEmpty());
}

TEST_F(OrderBookTest, AWrongEndOfAnUploadIsRefused) {
  for (const int32_t count : {-1, 0, 2}) {
    OrderBook::Import import(book_, *web_);
    ASSERT_TRUE(import.Add(Part(1)).ok());
    EXPECT_EQ(import.Add(EndPart(count)).code(), absl::StatusCode::kInvalidArgument) << count;
    EXPECT_FALSE(import.Commit().ok()) << count;
  }
  OrderBook::Import import(book_, *web_);
  ASSERT_TRUE(import.Add(Part(1)).ok());
  ASSERT_TRUE(import.Add(EndPart(1)).ok());
  EXPECT_EQ(import.Add(Part(1)).code(), absl::StatusCode::kInvalidArgument);
}

struct BrokenUpload {
  const char* field;
  void (*break_it)(v1::ImportedOrder&);
};

class ImportRules : public ::testing::TestWithParam<BrokenUpload> {};

TEST_P(ImportRules, NamesTheOrderAndTheField) {
  OrderBook book(std::make_unique<MemoryStore>(10));
  OrderBook::Import import(book, *CallerNamed("web"));
  ASSERT_TRUE(import.Add(Part(1)).ok());
  v1::ImportOrdersRequest broken = Part(1);
  GetParam().break_it(*broken.mutable_order());
  const absl::Status status = import.Add(broken);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(std::string("order 1: ") + GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ImportRules,
    ::testing::Values(
        BrokenUpload{"lines ", [](v1::ImportedOrder& o) { o.clear_lines(); }},
        BrokenUpload{"lines ",
                     [](v1::ImportedOrder& o) {
                       for (int i = 0; i < 50; ++i) *o.add_lines() = o.lines(0);
                     }},
        BrokenUpload{"lines[1].sku",
                     [](v1::ImportedOrder& o) {
                       *o.add_lines() = o.lines(0);
                       o.mutable_lines(1)->set_sku("tea-0042");
                     }},
        BrokenUpload{"lines[0].sku",
                     [](v1::ImportedOrder& o) { o.mutable_lines(0)->set_sku("TEA-0042\n"); }},
        BrokenUpload{"lines[0].quantity",
                     [](v1::ImportedOrder& o) { o.mutable_lines(0)->set_quantity(0); }},
        BrokenUpload{"lines[0].quantity",
                     [](v1::ImportedOrder& o) { o.mutable_lines(0)->set_quantity(1001); }},
        BrokenUpload{"lines[0].unit_price_cents",
                     [](v1::ImportedOrder& o) { o.mutable_lines(0)->set_unit_price_cents(-1); }},
        BrokenUpload{"ship_to ", [](v1::ImportedOrder& o) { o.clear_ship_to(); }},
        BrokenUpload{"ship_to.recipient",
                     [](v1::ImportedOrder& o) { o.mutable_ship_to()->clear_recipient(); }},
        BrokenUpload{
            "ship_to.street",
            [](v1::ImportedOrder& o) { o.mutable_ship_to()->set_street(std::string(201, 's')); }},
        BrokenUpload{"ship_to.postal_code",
                     [](v1::ImportedOrder& o) { o.mutable_ship_to()->set_postal_code("!"); }},
        BrokenUpload{"ship_to.country_code",
                     [](v1::ImportedOrder& o) { o.mutable_ship_to()->set_country_code("GBR"); }},
        BrokenUpload{"currency", [](v1::ImportedOrder& o) { o.set_currency("eur"); }}));

TEST(OwnerKey, IsNotTheSameForTwoKindsOfCallers) {
  EXPECT_EQ(OwnerKeyOf(*CallerNamed("web")), OwnerKeyOf(*CallerNamed("web")));
  EXPECT_NE(OwnerKeyOf(*CallerNamed("web")), OwnerKeyOf(*CallerNamed("app")));
}

TEST(OrderId, IsARandomUuid) {
  const std::string id = NewOrderId();
  EXPECT_THAT(id,
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(id, NewOrderId());
}

}  // namespace
}  // namespace orders
