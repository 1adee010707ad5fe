// Tells those who watch what happens to the orders.
#ifndef WARDEN_SERVICES_ORDERS_ORDER_FEED_H_
#define WARDEN_SERVICES_ORDERS_ORDER_FEED_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orders/v1/orders.pb.h"

namespace orders {

struct OrderUpdate {
  std::string owner_key;
  v1::OrderEvent event;
};

// One who watches. OnUpdate is called by whoever changed an order, from any thread and from several
// at once, also shortly after the watcher lost interest: it must be quick and must not block.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void OnUpdate(const OrderUpdate& update) = 0;
};

// Thread-safe.
class OrderFeed {
 public:
  // Tells `watcher` of every update from now on, as long as somebody owns it.
  void Subscribe(const std::shared_ptr<Watcher>& watcher);
  // Calls every watcher, in the caller's thread and without holding a lock.
  void Publish(const OrderUpdate& update);
  size_t watchers() const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_ORDER_FEED_H_
