// What the shop does with orders, apart from gRPC: both server APIs (sync_service.h,
// callback_service.h) call it.
#ifndef WARDEN_SERVICES_ORDERS_ORDER_BOOK_H_
#define WARDEN_SERVICES_ORDERS_ORDER_BOOK_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/principal.h"
#include "orders/v1/orders.pb.h"
#include "services/orders/order_feed.h"
#include "services/orders/order_store.h"
#include "services/orders/watch_backlog.h"

namespace orders {

// What OrderRecord::owner_key holds for this caller: the token's issuer and subject, or where there
// is no token the certificate's SPIFFE ID, else its fingerprint. Unlike Principal::name it cannot
// be the same for two callers.
std::string OwnerKeyOf(const warden::Principal& caller);

// By the time a method here runs, Warden has checked that the caller may call it and that the
// request keeps its rules. What is left is whose orders are meant: callers see and change their
// own, unless a role gives them orders.read_all or orders.cancel_all. An order of somebody else is
// NotFound, as one that does not exist.
//
// Thread-safe. The errors' codes and texts may go to the client.
class OrderBook {
 public:
  struct Environment {  // both are set and thread-safe
    std::function<absl::Time()> now;
    std::function<std::string()> new_id;  // a new UUID each time
  };

  explicit OrderBook(std::unique_ptr<OrderStore> store);
  OrderBook(std::unique_ptr<OrderStore> store, Environment environment);

  v1::GetStatusResponse GetStatus(std::string_view api) const;
  static v1::WhoAmIResponse WhoAmI(const warden::Principal& caller);

  absl::StatusOr<v1::Order> Create(const warden::Principal& caller,
                                   const v1::CreateOrderRequest& request);
  absl::StatusOr<v1::Order> Get(const warden::Principal& caller,
                                const v1::GetOrderRequest& request) const;
  // FailedPrecondition where the order was cancelled or shipped.
  absl::StatusOr<v1::Order> Cancel(const warden::Principal& caller,
                                   const v1::CancelOrderRequest& request);
  // PermissionDenied for all_owners without orders.read_all.
  absl::StatusOr<std::vector<v1::Order>> List(const warden::Principal& caller,
                                              const v1::ListOrdersRequest& request) const;
  v1::TrackOrdersResponse Track(const warden::Principal& caller,
                                const v1::TrackOrdersRequest& request) const;

  // What a WatchOrders call of this caller gets. PermissionDenied as for List.
  absl::StatusOr<WatchScope> Watch(const warden::Principal& caller,
                                   const v1::WatchOrdersRequest& request) const;
  // Tells `watcher` of every update from now on; with `include_existing` of what is there first. An
  // order that is placed meanwhile may be told twice, but none is missed.
  absl::Status Subscribe(const std::shared_ptr<Watcher>& watcher, const WatchScope& scope,
                         bool include_existing);

  // One upload: Add each part as it comes, then Commit. Nothing is stored before Commit, and then
  // all or nothing. Not thread-safe.
  class Import {
   public:
    Import(OrderBook& book, const warden::Principal& caller);
    // InvalidArgument names the upload's order and the field; the upload is over then.
    absl::Status Add(const v1::ImportOrdersRequest& request);
    absl::StatusOr<v1::ImportOrdersResponse> Commit();

   private:
    OrderBook& book_;
    const std::string owner_key_;
    const std::string owner_;
    std::vector<OrderRecord> records_;
    bool complete_ = false;  // the part that ends the upload has come
  };

 private:
  v1::Order NewOrder(std::string_view owner) const;
  void Publish(const OrderRecord& record, v1::OrderEvent::Kind kind);

  const std::unique_ptr<OrderStore> store_;
  const Environment environment_;
  OrderFeed feed_;
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_ORDER_BOOK_H_
