#include "interceptors/limits/limit_table.h"

namespace warden {
namespace {

constexpr size_t kMaxSharedBuckets = 65536;

bool FindTag(LimitBin* bin, uint64_t tag, LimitSlot* out) {
  for (size_t way = 0; way < kLimitWays; ++way) {
    if (bin->tag[way] == tag) {
      *out = {bin, way};
      return true;
    }
  }
  return false;
}

// The places of a bin that a new key may take, and the best of them.
struct Vacancy {
  size_t count = 0;
  size_t best = 0;
  bool empty = false;  // best was never used

  Vacancy(const LimitBin& bin, int64_t now_ns) {
    for (size_t way = 0; way < kLimitWays; ++way) {
      if (bin.tag[way] == 0) {
        ++count;
        best = way;
        empty = true;
      } else if (bin.Get(way).IdleAt(now_ns)) {
        // The one idle for longest is the least likely to be asked for again.
        const bool better = count == 0 || bin.idle_ns[way] < bin.idle_ns[best];
        if (!empty && better) best = way;
        ++count;
      }
    }
  }
};

}  // namespace

void LimitShard::Allocate(size_t bins) {
  MutexLock lock(&mutex_);
  bins_ = std::vector<LimitBin>(bins);
}

LimitSlot LimitShard::Find(size_t first_bin, size_t second_bin, uint64_t tag) {
  LimitSlot slot;
  if (!FindTag(&bins_[first_bin], tag, &slot)) FindTag(&bins_[second_bin], tag, &slot);
  return slot;
}

bool LimitShard::HasRoom(size_t first_bin, size_t second_bin) const {
  return Vacancy(bins_[first_bin], latest_ns_).count > 0 ||
         Vacancy(bins_[second_bin], latest_ns_).count > 0;
}

LimitSlot LimitShard::Insert(size_t first_bin, size_t second_bin, uint64_t tag) {
  const Vacancy a(bins_[first_bin], latest_ns_);
  const Vacancy b(bins_[second_bin], latest_ns_);
  const bool take_first = a.count >= b.count;
  const Vacancy& roomier = take_first ? a : b;
  if (roomier.count == 0) return {};
  LimitSlot slot = {&bins_[take_first ? first_bin : second_bin], roomier.best};
  if (roomier.empty) {
    ++used_;
  } else {
    ++evictions_;
  }
  slot.bin->tag[slot.way] = tag;
  slot.Set(LimitState::New(latest_ns_));
  return slot;
}

size_t LimitShard::used() const {
  MutexLock lock(&mutex_);
  return used_;
}

uint64_t LimitShard::evictions() const {
  MutexLock lock(&mutex_);
  return evictions_;
}

// Bounded even if a caller of this class makes up ids: those beyond share one.
uint32_t SharedBuckets::IdOf(uint32_t limit_id) const {
  const bool room = buckets_.size() < kMaxSharedBuckets || buckets_.contains(limit_id);
  return room ? limit_id : std::numeric_limits<uint32_t>::max();
}

LimitState SharedBuckets::Get(uint32_t limit_id) const {
  const auto found = buckets_.find(IdOf(limit_id));
  return found == buckets_.end() ? LimitState::New(latest_ns_) : found->second;
}

void SharedBuckets::Set(uint32_t limit_id, const LimitState& state) {
  buckets_[IdOf(limit_id)] = state;
}

uint64_t SharedBuckets::decisions() const {
  MutexLock lock(&mutex_);
  return decisions_;
}

}  // namespace warden
