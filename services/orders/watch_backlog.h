// The events that one WatchOrders call still has to send: filtered, bounded and counted. Both
// server APIs use it.
#ifndef WARDEN_SERVICES_ORDERS_WATCH_BACKLOG_H_
#define WARDEN_SERVICES_ORDERS_WATCH_BACKLOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "orders/v1/orders.pb.h"
#include "services/orders/order_feed.h"

namespace orders {

// What a watcher may see and how much of it, as decided by OrderBook::Watch.
struct WatchScope {
  std::optional<std::string> owner_key;  // everybody's where absent
  int32_t max_events = 0;                // no end where 0
  size_t max_waiting =
      1024;  // a caller further behind than this is cut off, so that it cannot fill the memory
};

// Not thread-safe: its owner guards it.
class WatchBacklog {
 public:
  explicit WatchBacklog(WatchScope scope) : scope_(std::move(scope)) {}

  // Takes the update in, if it is in the scope and the call has not ended.
  void Add(const OrderUpdate& update);

  // The next event to send, if there is one.
  std::optional<v1::OrderEvent> Next();

  // Whether Next or End has something to say.
  bool Ready() const { return !waiting_.empty() || End().has_value(); }

  // How the call ends, once all of Next was sent: nothing while it goes on, OK after max_events,
  // ResourceExhausted where the caller was too slow.
  std::optional<absl::Status> End() const;

 private:
  const WatchScope scope_;
  std::deque<v1::OrderEvent> waiting_;
  int64_t taken_ = 0;
  bool too_slow_ = false;
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_WATCH_BACKLOG_H_
