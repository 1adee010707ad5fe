#include "interceptors/abuse/shared_blocks.h"

#include <utility>
#include <vector>

namespace warden {

SharedBlocks::SharedBlocks(SharedBlocksOptions options, BlockList* list,
                           std::function<void(const BlockKey&)> lifted)
    : list_(list),
      lifted_(std::move(lifted)),
      reader_(options.redis, options.key_prefix, options.max_entries),
      writer_(options.redis, options.key_prefix, options.max_entries),
      loop_({.poll_interval = options.poll_interval,
             .failing = "abuse: cannot reach the shared block list, what is known goes on to be "
                        "enforced",
             .recovered = "abuse: the shared block list is up to date again"}) {}

void SharedBlocks::Start() {
  loop_.Start([this] { return Sync(); });
}

absl::Status SharedBlocks::Apply(const BlockChange& change) {
  if (!change.lifted) return list_->Add(BlockSource::kShared, change.block);
  list_->Remove(BlockSource::kShared, change.block.key);
  list_->Remove(BlockSource::kLocal, change.block.key);
  lifted_(change.block.key);
  return absl::OkStatus();
}

absl::Status SharedBlocks::Sync() {
  if (absl::Status status = WriteQueued(); !status.ok()) return status;
  const auto apply = [this](const std::vector<BlockChange>& changes) {
    for (const BlockChange& change : changes) {
      if (absl::Status status = Apply(change); !status.ok()) return status;
    }
    return absl::OkStatus();
  };
  return CatchUp(
      reader_, &seen_, [] {}, apply);
}

void SharedBlocks::Push(const Block& block) {
  MutexLock lock(&queue_mutex_);
  if (queue_.size() >= kMaxQueued) {
    queue_.pop_front();
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  queue_.push_back(block);
}

absl::Status SharedBlocks::WriteQueued() {
  for (;;) {
    Block next;
    {
      MutexLock lock(&queue_mutex_);
      if (queue_.empty()) return absl::OkStatus();
      next = queue_.front();
    }
    const absl::StatusOr<Block> added = reader_.Add(next);
    // A full list stays full: this server alone enforces what does not fit.
    if (absl::IsResourceExhausted(added.status())) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
    } else if (!added.ok()) {
      return added.status();
    }
    MutexLock lock(&queue_mutex_);
    if (!queue_.empty() && queue_.front() == next) queue_.pop_front();
  }
}

absl::StatusOr<Block> SharedBlocks::Add(const Block& block) {
  absl::StatusOr<Block> added;
  {
    MutexLock lock(&write_mutex_);
    added = writer_.Add(block);
  }
  if (!added.ok()) return added.status();
  // In effect here at once, not only when the thread reads it.
  if (absl::Status status = list_->Add(BlockSource::kShared, *added); !status.ok()) return status;
  return added;
}

absl::Status SharedBlocks::Lift(const BlockKey& key) {
  const bool known = list_->Get(BlockSource::kShared, key).has_value() ||
                     list_->Get(BlockSource::kLocal, key).has_value();
  {
    MutexLock lock(&queue_mutex_);
    std::erase_if(queue_, [&](const Block& block) { return block.key == key; });
  }
  absl::StatusOr<bool> found;
  {
    MutexLock lock(&write_mutex_);
    found = writer_.Lift(key);
  }
  if (!found.ok()) return found.status();
  if (absl::Status status = Apply({.block = {.key = key}, .lifted = true}); !status.ok()) {
    return status;
  }
  return *found || known ? absl::OkStatus() : absl::NotFoundError("no such block");
}

}  // namespace warden
