#include "services/orders/watch_backlog.h"

#include <utility>

namespace orders {

void WatchBacklog::Add(const OrderUpdate& update) {
  if (scope_.owner_key.has_value() && *scope_.owner_key != update.owner_key) return;
  if (too_slow_ || (scope_.max_events > 0 && taken_ == scope_.max_events)) return;
  if (waiting_.size() == scope_.max_waiting) {
    too_slow_ = true;
    return;
  }
  ++taken_;
  waiting_.push_back(update.event);
}

std::optional<v1::OrderEvent> WatchBacklog::Next() {
  if (waiting_.empty()) return std::nullopt;
  std::optional<v1::OrderEvent> next(std::move(waiting_.front()));
  waiting_.pop_front();
  return next;
}

std::optional<absl::Status> WatchBacklog::End() const {
  if (!waiting_.empty()) return std::nullopt;
  if (too_slow_) return absl::ResourceExhaustedError("the watcher is too slow for the events");
  if (scope_.max_events > 0 && taken_ == scope_.max_events) return absl::OkStatus();
  return std::nullopt;
}

}  // namespace orders
