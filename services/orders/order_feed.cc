#include "services/orders/order_feed.h"

#include <algorithm>
#include <utility>

namespace orders {
namespace {

bool Gone(const std::weak_ptr<Watcher>& watcher) { return watcher.expired(); }

}  // namespace

void OrderFeed::Subscribe(const std::shared_ptr<Watcher>& watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(std::remove_if(watchers_.begin(), watchers_.end(), Gone), watchers_.end());
  watchers_.push_back(watcher);
}

void OrderFeed::Publish(const OrderUpdate& update) {
  std::vector<std::shared_ptr<Watcher>> present;
  {
    absl::MutexLock lock(&mutex_);
    present.reserve(watchers_.size());
    for (const std::weak_ptr<Watcher>& watcher : watchers_) {
      if (std::shared_ptr<Watcher> held = watcher.lock()) present.push_back(std::move(held));
    }
  }
  for (const std::shared_ptr<Watcher>& watcher : present) watcher->OnUpdate(update);
}

size_t OrderFeed::watchers() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<size_t>(
      std::count_if(watchers_.begin(), watchers_.end(), [](const auto& w) { return !Gone(w); }));
}

}  // namespace orders
