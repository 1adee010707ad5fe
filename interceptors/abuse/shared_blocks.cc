#include "interceptors/abuse/shared_blocks.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/revocation/operator_log.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

constexpr absl::Duration kMostBetweenTries = absl::Seconds(2);

}  // namespace

SharedBlocks::SharedBlocks(SharedBlocksOptions options, BlockList* list,
                           std::function<void(const BlockKey&)> lifted)
    : options_(std::move(options)),
      list_(list),
      lifted_(std::move(lifted)),
      last_sync_ns_(std::numeric_limits<int64_t>::min()),
      reader_(options_.redis, options_.key_prefix, options_.max_entries),
      jitter_(std::random_device{}()),
      writer_(options_.redis, options_.key_prefix, options_.max_entries) {}

SharedBlocks::~SharedBlocks() = default;

void SharedBlocks::Start() {
  const absl::Duration first = SyncOnce();
  thread_ = std::make_unique<Background>(first, [this] { return SyncOnce(); });
}

// How long to wait before the next time.
absl::Duration SharedBlocks::SyncOnce() {
  const int64_t begun = SteadyNanos();  // what changes while the list is read may be missed
  absl::Status status = WriteQueued();
  if (status.ok()) status = Sync();
  if (status.ok()) {
    if (failures_in_row_ > 0) LogForOperator("abuse: the shared block list is up to date again");
    failures_in_row_ = 0;
    last_sync_ns_.store(begun, std::memory_order_release);
    return options_.poll_interval;
  }
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (failures_in_row_ == 0) {
    LogForOperator(absl::StrCat(
        "abuse: cannot reach the shared block list, what is known goes on to be enforced: ",
        status.message()));
  }
  const absl::Duration wait =
      std::min(kMostBetweenTries, options_.poll_interval * (1 << std::min(failures_in_row_, 6)));
  failures_in_row_ = std::min(failures_in_row_ + 1, 1000);
  // Servers that lost the same Redis do not come back all at once.
  return wait * std::uniform_real_distribution<double>(0.5, 1.0)(jitter_);
}

absl::Status SharedBlocks::Apply(const BlockChange& change) {
  if (!change.lifted) return list_->Add(BlockSource::kShared, change.block);
  list_->Remove(BlockSource::kShared, change.block.key);
  list_->Remove(BlockSource::kLocal, change.block.key);
  lifted_(change.block.key);
  return absl::OkStatus();
}

absl::Status SharedBlocks::Sync() {
  const absl::StatusOr<SharedBlocksState> state = reader_.ReadState();
  if (!state.ok()) return state.status();
  if (state->epoch != seen_.epoch || state->version < seen_.version) seen_ = {state->epoch, 0};
  while (seen_.version < state->version) {
    const absl::StatusOr<BlockChanges> page = reader_.ReadChanges(seen_.version);
    if (!page.ok()) return page.status();
    for (const BlockChange& change : page->changes) {
      if (absl::Status status = Apply(change); !status.ok()) return status;
    }
    // The last page reaches at least as far as the state that was read before it.
    seen_.version = page->more ? page->last : std::max(page->last, state->version);
  }
  return absl::OkStatus();
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
