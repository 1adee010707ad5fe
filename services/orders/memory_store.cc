#include "services/orders/memory_store.h"

#include <utility>

#include "absl/strings/string_view.h"

namespace orders {
namespace {

bool Matches(const OrderRecord& record, const OrderQuery& query) {
  return query.state == v1::ORDER_STATE_UNSPECIFIED || record.order.state() == query.state;
}

}  // namespace

absl::Status MemoryStore::Insert(absl::Span<const OrderRecord> records) {
  absl::MutexLock lock(&mutex_);
  if (records.size() > max_orders_ - records_.size()) {
    return absl::ResourceExhaustedError("the shop takes no more orders");
  }
  const size_t first = records_.size();
  for (size_t i = 0; i < records.size(); ++i) {
    if (by_id_.try_emplace(records[i].order.id(), first + i).second) continue;
    while (i-- > 0) by_id_.erase(records[i].order.id());
    return absl::AlreadyExistsError("an order with this id exists");
  }
  for (const OrderRecord& record : records) {
    by_owner_[record.owner_key].push_back(records_.size());
    records_.push_back(record);
  }
  return absl::OkStatus();
}

absl::StatusOr<OrderRecord> MemoryStore::Get(std::string_view id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = by_id_.find(absl::string_view(id.data(), id.size()));
  if (found == by_id_.end()) return absl::NotFoundError("no such order");
  return records_[found->second];
}

absl::StatusOr<OrderRecord> MemoryStore::Update(
    std::string_view id, absl::FunctionRef<absl::Status(OrderRecord&)> change) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_id_.find(absl::string_view(id.data(), id.size()));
  if (found == by_id_.end()) return absl::NotFoundError("no such order");
  OrderRecord changed = records_[found->second];
  if (absl::Status status = change(changed); !status.ok()) return status;
  records_[found->second] = changed;
  return changed;
}

absl::StatusOr<std::vector<OrderRecord>> MemoryStore::List(const OrderQuery& query) const {
  std::vector<OrderRecord> found;
  absl::ReaderMutexLock lock(&mutex_);
  if (!query.owner_key.has_value()) {
    for (const OrderRecord& record : records_) {
      if (found.size() == query.limit) break;
      if (Matches(record, query)) found.push_back(record);
    }
    return found;
  }
  const auto owned = by_owner_.find(*query.owner_key);
  if (owned == by_owner_.end()) return found;
  for (const size_t position : owned->second) {
    if (found.size() == query.limit) break;
    if (Matches(records_[position], query)) found.push_back(records_[position]);
  }
  return found;
}

}  // namespace orders
