// The list of who is refused, as every call is checked against it.
#ifndef WARDEN_INTERCEPTORS_ABUSE_BLOCK_LIST_H_
#define WARDEN_INTERCEPTORS_ABUSE_BLOCK_LIST_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "authz/sync/reader_lock.h"
#include "interceptors/abuse/block.h"

namespace warden {

// Where entries come from. Each has a list of its own; who is on any of them is refused.
enum class BlockSource : uint8_t {
  kFile,    // the configuration's block_file
  kLocal,   // this process: penalties, and admins where nothing is shared
  kShared,  // a list that several servers share
};
inline constexpr size_t kBlockSources = 3;
std::string_view ToString(BlockSource source);  // snake_case

struct BlockPage {
  std::vector<Block> blocks;
  std::string next;  // the encoded key to go on after; "" on the last page
};

// Thread-safe. A look-up costs one atomic load while nobody of its kind is blocked; otherwise it
// looks into a hash table, for addresses once for each prefix length on the list, under a lock that
// threads do not share.
class BlockList {
 public:
  // `max_entries` bounds each source's list.
  explicit BlockList(size_t max_entries);

  // Whether anybody of this kind is on the list.
  bool any(BlockKind kind) const {
    return counts_[static_cast<size_t>(kind)].load(std::memory_order_acquire) != 0;
  }

  // Until when this peer or principal (BlockKey::value), or this address, is blocked: the latest of
  // all entries that hold; nullopt where none does.
  std::optional<absl::Time> Find(BlockKind kind, std::string_view value, absl::Time now) const;
  std::optional<absl::Time> FindAddress(const IpAddress& address, absl::Time now) const;

  // Of two entries with one key the one that lasts longer counts. ResourceExhausted where the list
  // is full.
  absl::Status Add(BlockSource source, const Block& block);
  bool Remove(BlockSource source, const BlockKey& key);
  // Replaces a source's whole list at once. ResourceExhausted, and nothing changed, where it is too
  // long.
  absl::Status Replace(BlockSource source, const std::vector<Block>& blocks);
  // Forgets what has expired; returns how many entries that were.
  size_t DropExpired(absl::Time now);

  std::optional<Block> Get(BlockSource source, const BlockKey& key) const;
  // In an order of its own, which changes do not disturb. `after`: BlockPage::next, "" at first.
  BlockPage List(BlockSource source, const std::string& after, size_t limit) const;
  size_t count(BlockSource source, BlockKind kind) const;
  size_t max_entries() const { return max_entries_; }

 private:
  using RangeKey = std::array<uint8_t, 18>;  // the family, the bits, the first address
  using Blocks = std::map<std::string, Block>;
  static RangeKey KeyOf(const AddressRange& range);

  void Index(const BlockKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  void IndexRange(const AddressRange& range, std::optional<absl::Time> until)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  std::optional<absl::Time> Latest(const std::string& encoded) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_);
  Blocks& Of(BlockSource source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(lock_) {
    return lists_[static_cast<size_t>(source)];
  }

  const size_t max_entries_;
  std::array<std::atomic<size_t>, kBlockKinds> counts_{};
  mutable ReaderLock lock_;
  std::array<Blocks, kBlockSources> lists_ ABSL_GUARDED_BY(lock_);  // by encoded key
  std::array<std::array<size_t, kBlockKinds>, kBlockSources> sizes_ ABSL_GUARDED_BY(lock_){};
  // What look-ups read: the latest `until` over all sources.
  std::array<absl::flat_hash_map<std::string, absl::Time>, kBlockKinds> named_
      ABSL_GUARDED_BY(lock_);
  absl::flat_hash_map<RangeKey, absl::Time> ranges_ ABSL_GUARDED_BY(lock_);
  // How many ranges have so many bits, by family.
  std::array<std::map<int, size_t>, 2> lengths_ ABSL_GUARDED_BY(lock_);
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_BLOCK_LIST_H_
