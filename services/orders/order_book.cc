#include "services/orders/order_book.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/orders/import_check.h"
#include "services/orders/order_id.h"

namespace orders {
namespace {

constexpr size_t kDefaultListLimit = 100;
constexpr size_t kMaxExistingEvents = 1000;  // fits WatchScope::max_waiting

// The permissions that widen a method to the orders of others.
constexpr std::string_view kReadAll = "orders.read_all";
constexpr std::string_view kCancelAll = "orders.cancel_all";

google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t nanos = absl::ToUnixNanos(time);
  google::protobuf::Timestamp proto;
  proto.set_seconds(nanos / 1'000'000'000);
  proto.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return proto;
}

template <typename Lines>
int64_t Total(const Lines& lines) {
  int64_t total = 0;
  for (const auto& line : lines) total += line.quantity() * line.unit_price_cents();
  return total;
}

bool Owns(const warden::Principal& caller, const OrderRecord& record) {
  return record.owner_key == OwnerKeyOf(caller);
}

absl::Status NoSuchOrder() { return absl::NotFoundError("no such order"); }

// Whose orders a listing shows: everybody's where absent.
absl::StatusOr<std::optional<std::string>> OwnersFor(const warden::Principal& caller,
                                                     bool all_owners) {
  if (!all_owners) return std::optional<std::string>(OwnerKeyOf(caller));
  if (caller.HasPermission(kReadAll)) return std::optional<std::string>();
  return absl::PermissionDeniedError("everybody's orders need the permission orders.read_all");
}

v1::Order FromImport(const v1::ImportedOrder& request, v1::Order order) {
  for (const auto& line : request.lines()) {
    v1::Item* item = order.add_items();
    item->set_sku(line.sku());
    item->set_quantity(line.quantity());
    item->set_unit_price_cents(line.unit_price_cents());
  }
  v1::Address* to = order.mutable_ship_to();
  to->set_recipient(request.ship_to().recipient());
  to->set_street(request.ship_to().street());
  to->set_city(request.ship_to().city());
  to->set_postal_code(request.ship_to().postal_code());
  to->set_country_code(request.ship_to().country_code());
  order.set_currency(request.currency());
  order.set_priority(v1::PRIORITY_NORMAL);
  order.set_total_cents(Total(order.items()));
  return order;
}

}  // namespace

std::string OwnerKeyOf(const warden::Principal& caller) {
  if (caller.token() != nullptr) {
    return absl::StrCat("token:", caller.issuer().size(), ":", caller.issuer(), caller.subject());
  }
  const warden::Peer& peer = caller.peer();
  if (!peer.spiffe_id.empty()) return absl::StrCat("peer:", peer.spiffe_id);
  return absl::StrCat("certificate:", peer.certificate_sha256);
}

OrderBook::OrderBook(std::unique_ptr<OrderStore> store)
    : OrderBook(std::move(store), Environment{absl::Now, NewOrderId}) {}

OrderBook::OrderBook(std::unique_ptr<OrderStore> store, Environment environment)
    : store_(std::move(store)), environment_(std::move(environment)) {}

v1::GetStatusResponse OrderBook::GetStatus(std::string_view api) const {
  v1::GetStatusResponse response;
  response.set_open(true);
  response.set_api(std::string(api));
  *response.mutable_server_time() = ToProto(environment_.now());
  return response;
}

v1::WhoAmIResponse OrderBook::WhoAmI(const warden::Principal& caller) {
  v1::WhoAmIResponse response;
  response.set_name(std::string(caller.name()));
  response.set_issuer(caller.issuer());
  response.set_subject(caller.subject());
  response.set_peer(std::string(caller.peer().name()));
  for (const std::string& role : caller.roles()) response.add_roles(role);
  return response;
}

v1::Order OrderBook::NewOrder(std::string_view owner) const {
  v1::Order order;
  order.set_id(environment_.new_id());
  order.set_owner(std::string(owner));
  order.set_state(v1::ORDER_STATE_PLACED);
  *order.mutable_create_time() = ToProto(environment_.now());
  *order.mutable_update_time() = order.create_time();
  return order;
}

void OrderBook::Publish(const OrderRecord& record, v1::OrderEvent::Kind kind) {
  OrderUpdate update;
  update.owner_key = record.owner_key;
  update.event.set_kind(kind);
  *update.event.mutable_order() = record.order;
  feed_.Publish(update);
}

absl::StatusOr<v1::Order> OrderBook::Create(const warden::Principal& caller,
                                            const v1::CreateOrderRequest& request) {
  OrderRecord record{OwnerKeyOf(caller), NewOrder(caller.name())};
  v1::Order& order = record.order;
  *order.mutable_items() = request.items();
  *order.mutable_ship_to() = request.ship_to();
  *order.mutable_labels() = request.labels();
  order.set_currency(request.currency());
  order.set_priority(request.priority() == v1::PRIORITY_UNSPECIFIED ? v1::PRIORITY_NORMAL
                                                                    : request.priority());
  order.set_note(request.note());
  order.set_total_cents(Total(order.items()));
  if (absl::Status status = store_->Insert({record}); !status.ok()) return status;
  Publish(record, v1::OrderEvent::KIND_CREATED);
  return record.order;
}

absl::StatusOr<v1::Order> OrderBook::Get(const warden::Principal& caller,
                                         const v1::GetOrderRequest& request) const {
  absl::StatusOr<OrderRecord> record = store_->Get(request.id());
  if (!record.ok()) return record.status();
  if (!Owns(caller, *record) && !caller.HasPermission(kReadAll)) return NoSuchOrder();
  return std::move(record->order);
}

absl::StatusOr<v1::Order> OrderBook::Cancel(const warden::Principal& caller,
                                            const v1::CancelOrderRequest& request) {
  const bool any_owner = caller.HasPermission(kCancelAll);
  absl::StatusOr<OrderRecord> record =
      store_->Update(request.id(), [&](OrderRecord& stored) -> absl::Status {
        if (!any_owner && !Owns(caller, stored)) return NoSuchOrder();
        if (stored.order.state() != v1::ORDER_STATE_PLACED) {
          return absl::FailedPreconditionError("only a placed order can be cancelled");
        }
        stored.order.set_state(v1::ORDER_STATE_CANCELLED);
        stored.order.set_cancel_reason(request.reason());
        *stored.order.mutable_update_time() = ToProto(environment_.now());
        return absl::OkStatus();
      });
  if (!record.ok()) return record.status();
  Publish(*record, v1::OrderEvent::KIND_CANCELLED);
  return std::move(record->order);
}

absl::StatusOr<std::vector<v1::Order>> OrderBook::List(const warden::Principal& caller,
                                                       const v1::ListOrdersRequest& request) const {
  OrderQuery query;
  absl::StatusOr<std::optional<std::string>> owners = OwnersFor(caller, request.all_owners());
  if (!owners.ok()) return owners.status();
  query.owner_key = *std::move(owners);
  query.state = request.state();
  query.limit = request.limit() > 0 ? static_cast<size_t>(request.limit()) : kDefaultListLimit;
  absl::StatusOr<std::vector<OrderRecord>> records = store_->List(query);
  if (!records.ok()) return records.status();
  std::vector<v1::Order> found;
  found.reserve(records->size());
  for (OrderRecord& record : *records) found.push_back(std::move(record.order));
  return found;
}

v1::TrackOrdersResponse OrderBook::Track(const warden::Principal& caller,
                                         const v1::TrackOrdersRequest& request) const {
  v1::TrackOrdersResponse response;
  response.set_order_id(request.order_id());
  const absl::StatusOr<OrderRecord> record = store_->Get(request.order_id());
  // With orders.track the parcels of everybody are in sight, but their state only.
  if (!record.ok() || (!Owns(caller, *record) && !caller.HasPermission("orders.track") &&
                       !caller.HasPermission(kReadAll))) {
    return response;
  }
  response.set_state(record->order.state());
  *response.mutable_update_time() = record->order.update_time();
  return response;
}

absl::StatusOr<WatchScope> OrderBook::Watch(const warden::Principal& caller,
                                            const v1::WatchOrdersRequest& request) const {
  absl::StatusOr<std::optional<std::string>> owners = OwnersFor(caller, request.all_owners());
  if (!owners.ok()) return owners.status();
  WatchScope scope;
  scope.owner_key = *std::move(owners);
  scope.max_events = request.max_events();
  return scope;
}

absl::Status OrderBook::Subscribe(const std::shared_ptr<Watcher>& watcher, const WatchScope& scope,
                                  bool include_existing) {
  if (include_existing) {
    // Subscribed first, listed then: nothing falls between the two.
    feed_.Subscribe(watcher);
    OrderQuery query;
    query.owner_key = scope.owner_key;
    query.limit = kMaxExistingEvents;
    absl::StatusOr<std::vector<OrderRecord>> existing = store_->List(query);
    if (!existing.ok()) return existing.status();
    for (OrderRecord& record : *existing) {
      OrderUpdate update;
      update.owner_key = record.owner_key;
      update.event.set_kind(v1::OrderEvent::KIND_EXISTING);
      *update.event.mutable_order() = std::move(record.order);
      watcher->OnUpdate(update);
    }
    return absl::OkStatus();
  }
  feed_.Subscribe(watcher);
  return absl::OkStatus();
}

OrderBook::Import::Import(OrderBook& book, const warden::Principal& caller)
    : book_(book), owner_key_(OwnerKeyOf(caller)), owner_(caller.name()) {}

absl::Status OrderBook::Import::Add(const v1::ImportOrdersRequest& request) {
  constexpr size_t kMaxOrders = 1000;
  if (complete_) return absl::InvalidArgumentError("nothing may follow order_count");
  if (request.part_case() == v1::ImportOrdersRequest::kOrderCount) {
    complete_ =
        request.order_count() >= 1 && static_cast<size_t>(request.order_count()) == records_.size();
    return complete_ ? absl::OkStatus()
                     : absl::InvalidArgumentError("order_count is not the number of the orders");
  }
  if (records_.size() == kMaxOrders) {
    return absl::InvalidArgumentError("an upload may have at most 1000 orders");
  }
  if (const absl::Status status = CheckImportedOrder(request.order()); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("order ", records_.size(), ": ", absl::string_view(status.message())));
  }
  records_.push_back({owner_key_, FromImport(request.order(), book_.NewOrder(owner_))});
  return absl::OkStatus();
}

absl::StatusOr<v1::ImportOrdersResponse> OrderBook::Import::Commit() {
  if (!complete_) return absl::InvalidArgumentError("the upload ended without order_count");
  if (absl::Status status = book_.store_->Insert(records_); !status.ok()) return status;
  v1::ImportOrdersResponse response;
  response.set_imported(static_cast<int32_t>(records_.size()));
  for (const OrderRecord& record : records_) {
    response.add_order_ids(record.order.id());
    book_.Publish(record, v1::OrderEvent::KIND_CREATED);
  }
  return response;
}

}  // namespace orders
