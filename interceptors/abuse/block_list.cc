#include "interceptors/abuse/block_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace warden {
namespace {

constexpr std::array<std::string_view, kBlockSources> kSourceNames = {"file", "local", "shared"};

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Full(size_t max_entries) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the block list has abuse.max_entries entries: ", max_entries));
}

// What lasts longer counts, and of equals what was there.
void Strengthen(Block* kept, const Block& other) {
  if (other.until > kept->until) *kept = other;
}

}  // namespace

std::string_view ToString(BlockSource source) {
  return kSourceNames[static_cast<size_t>(source) % kBlockSources];
}

BlockList::BlockList(size_t max_entries) : max_entries_(max_entries) {}

BlockList::RangeKey BlockList::KeyOf(const AddressRange& range) {
  RangeKey key{};
  key[0] = range.first.ipv6 ? 1 : 0;
  key[1] = static_cast<uint8_t>(range.bits);
  // Of IPv4 the first four count, and the rest is not to.
  const size_t width = range.first.ipv6 ? 16 : 4;
  std::copy_n(range.first.bytes.begin(), width, key.begin() + 2);
  return key;
}

std::optional<absl::Time> BlockList::Find(BlockKind kind, std::string_view value,
                                          absl::Time now) const {
  if (!any(kind)) return std::nullopt;
  const ReaderLockHold hold(&lock_);
  const auto& named = named_[static_cast<size_t>(kind)];
  const auto found = named.find(Absl(value));
  if (found == named.end() || now >= found->second) return std::nullopt;
  return found->second;
}

std::optional<absl::Time> BlockList::FindAddress(const IpAddress& address, absl::Time now) const {
  if (!any(BlockKind::kAddress)) return std::nullopt;
  std::optional<absl::Time> latest;
  const ReaderLockHold hold(&lock_);
  for (const auto& [bits, count] : lengths_[address.ipv6 ? 1 : 0]) {
    const auto found = ranges_.find(KeyOf(AddressRange::Around(address, bits)));
    if (found == ranges_.end() || now >= found->second) continue;
    if (!latest.has_value() || found->second > *latest) latest = found->second;
  }
  return latest;
}

absl::Status BlockList::Add(BlockSource source, const Block& block) {
  const WriterLockHold hold(&lock_);
  Blocks& blocks = Of(source);
  const std::string encoded = EncodeBlockKey(block.key);
  const auto found = blocks.find(encoded);
  if (found != blocks.end()) {
    Strengthen(&found->second, block);
  } else {
    if (blocks.size() >= max_entries_) return Full(max_entries_);
    blocks.emplace(encoded, block);
    ++sizes_[static_cast<size_t>(source)][static_cast<size_t>(block.key.kind)];
  }
  Index(block.key);
  return absl::OkStatus();
}

bool BlockList::Remove(BlockSource source, const BlockKey& key) {
  const WriterLockHold hold(&lock_);
  if (Of(source).erase(EncodeBlockKey(key)) == 0) return false;
  --sizes_[static_cast<size_t>(source)][static_cast<size_t>(key.kind)];
  Index(key);
  return true;
}

absl::Status BlockList::Replace(BlockSource source, const std::vector<Block>& blocks) {
  if (blocks.size() > max_entries_) return Full(max_entries_);
  Blocks fresh;
  for (const Block& block : blocks) {
    const auto [at, added] = fresh.emplace(EncodeBlockKey(block.key), block);
    if (!added) Strengthen(&at->second, block);
  }
  const WriterLockHold hold(&lock_);
  Blocks& now = Of(source);
  now.swap(fresh);  // `fresh` has the old ones
  auto& sizes = sizes_[static_cast<size_t>(source)];
  sizes.fill(0);
  for (const auto& [encoded, block] : fresh) Index(block.key);
  for (const auto& [encoded, block] : now) {
    ++sizes[static_cast<size_t>(block.key.kind)];
    Index(block.key);
  }
  return absl::OkStatus();
}

size_t BlockList::DropExpired(absl::Time now) {
  size_t dropped = 0;
  const WriterLockHold hold(&lock_);
  for (size_t source = 0; source < kBlockSources; ++source) {
    Blocks& blocks = lists_[source];
    for (auto at = blocks.begin(); at != blocks.end();) {
      if (now < at->second.until) {
        ++at;
        continue;
      }
      const BlockKey key = at->second.key;
      at = blocks.erase(at);
      --sizes_[source][static_cast<size_t>(key.kind)];
      Index(key);
      ++dropped;
    }
  }
  return dropped;
}

std::optional<absl::Time> BlockList::Latest(const std::string& encoded) const {
  std::optional<absl::Time> latest;
  for (const Blocks& blocks : lists_) {
    const auto found = blocks.find(encoded);
    if (found == blocks.end()) continue;
    if (!latest.has_value() || found->second.until > *latest) latest = found->second.until;
  }
  return latest;
}

// Makes what look-ups read agree with the lists, for one key.
void BlockList::Index(const BlockKey& key) {
  const std::optional<absl::Time> until = Latest(EncodeBlockKey(key));
  const auto kind = static_cast<size_t>(key.kind);
  if (key.kind == BlockKind::kAddress) {
    const absl::StatusOr<AddressRange> range = AddressRange::Parse(key.value);
    if (range.ok()) IndexRange(*range, until);
    counts_[kind].store(ranges_.size(), std::memory_order_release);
    return;
  }
  auto& named = named_[kind];
  if (until.has_value()) {
    named[key.value] = *until;
  } else {
    named.erase(key.value);
  }
  counts_[kind].store(named.size(), std::memory_order_release);
}

void BlockList::IndexRange(const AddressRange& range, std::optional<absl::Time> until) {
  const RangeKey key = KeyOf(range);
  auto& lengths = lengths_[range.first.ipv6 ? 1 : 0];
  if (!until.has_value()) {
    if (ranges_.erase(key) == 0) return;
    const auto length = lengths.find(range.bits);
    if (--length->second == 0) lengths.erase(length);
    return;
  }
  const auto [at, added] = ranges_.insert_or_assign(key, *until);
  if (added) ++lengths[range.bits];
}

std::optional<Block> BlockList::Get(BlockSource source, const BlockKey& key) const {
  const ReaderLockHold hold(&lock_);
  const Blocks& blocks = lists_[static_cast<size_t>(source)];
  const auto found = blocks.find(EncodeBlockKey(key));
  if (found == blocks.end()) return std::nullopt;
  return found->second;
}

BlockPage BlockList::List(BlockSource source, const std::string& after, size_t limit) const {
  BlockPage page;
  const ReaderLockHold hold(&lock_);
  const Blocks& blocks = lists_[static_cast<size_t>(source)];
  for (auto at = blocks.upper_bound(after); at != blocks.end(); ++at) {
    if (page.blocks.size() == limit) {
      page.next = EncodeBlockKey(page.blocks.back().key);
      break;
    }
    page.blocks.push_back(at->second);
  }
  return page;
}

size_t BlockList::count(BlockSource source, BlockKind kind) const {
  const ReaderLockHold hold(&lock_);
  return sizes_[static_cast<size_t>(source)][static_cast<size_t>(kind)];
}

}  // namespace warden
