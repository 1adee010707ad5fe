// Orders in memory: gone when the server stops.
#ifndef WARDEN_SERVICES_ORDERS_MEMORY_STORE_H_
#define WARDEN_SERVICES_ORDERS_MEMORY_STORE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "services/orders/order_store.h"

namespace orders {

// Thread-safe. Holds at most `max_orders`, which are never forgotten.
class MemoryStore : public OrderStore {
 public:
  explicit MemoryStore(size_t max_orders) : max_orders_(max_orders) {}

  absl::Status Insert(absl::Span<const OrderRecord> records) override;
  absl::StatusOr<OrderRecord> Get(std::string_view id) const override;
  absl::StatusOr<OrderRecord> Update(std::string_view id,
                                     absl::FunctionRef<absl::Status(OrderRecord&)> change) override;
  absl::StatusOr<std::vector<OrderRecord>> List(const OrderQuery& query) const override;

 private:
  const size_t max_orders_;
  mutable absl::Mutex mutex_;
  // In the order of their coming; the two maps hold positions in it.
  std::vector<OrderRecord> records_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> by_id_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::vector<size_t>> by_owner_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_MEMORY_STORE_H_
