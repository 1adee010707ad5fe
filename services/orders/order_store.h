// Where the orders are kept.
#ifndef WARDEN_SERVICES_ORDERS_ORDER_STORE_H_
#define WARDEN_SERVICES_ORDERS_ORDER_STORE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "orders/v1/orders.pb.h"

namespace orders {

struct OrderRecord {
  std::string owner_key;  // decides whose order it is, see OwnerKeyOf in order_book.h; never shown
  v1::Order order;
};

struct OrderQuery {
  std::optional<std::string> owner_key;                // everybody's where absent
  v1::OrderState state = v1::ORDER_STATE_UNSPECIFIED;  // any state where unspecified
  size_t limit = 100;
};

// Thread-safe, all of it.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // Adds all of `records` or none. AlreadyExists for an id that is taken (also within `records`),
  // ResourceExhausted where the store is full.
  virtual absl::Status Insert(absl::Span<const OrderRecord> records) = 0;

  // NotFound where no order has the id.
  virtual absl::StatusOr<OrderRecord> Get(std::string_view id) const = 0;

  // Lets `change` alter one order while nobody else can, and returns the order as it is then. The
  // order stays as it was where `change` returns an error, which is passed on. `change` must not
  // call the store, nor change the id or the owner. NotFound as for Get.
  virtual absl::StatusOr<OrderRecord> Update(
      std::string_view id, absl::FunctionRef<absl::Status(OrderRecord&)> change) = 0;

  // The oldest orders first.
  virtual absl::StatusOr<std::vector<OrderRecord>> List(const OrderQuery& query) const = 0;
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_ORDER_STORE_H_
