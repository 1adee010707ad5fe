#include "interceptors/limits/shared/leases.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace warden {
namespace {

constexpr int64_t kSweepNs = 100'000'000;

}  // namespace

LeasingStore::LeasingStore(std::shared_ptr<SharedLimitStore> store, std::function<int64_t()> now_ns)
    : store_(std::move(store)), now_ns_(std::move(now_ns)), hash_key_(SipKey::Random()) {}

void LeasingStore::Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) {
  const bool leases = asks.size() == 1 && asks[0].up_to > asks[0].cost && asks[0].charge;
  if (!leases) {
    for (SharedAsk& ask : asks) ask.up_to = 0;
    store_->Decide(std::move(asks), std::move(then));
    return;
  }
  const Hash128 bucket = SipHash128(hash_key_, 0, asks[0].bucket);
  Waiter waiter = {std::move(asks[0]), std::move(then)};
  SharedDecision given;
  switch (Begin(bucket, &waiter, &given)) {
    case Way::kGiven:
      waiter.then(std::vector<SharedDecision>{given});
      break;
    case Way::kWaits:
      break;
    case Way::kFetch:
      Fetch(bucket, std::move(waiter));
      break;
    case Way::kNoRoom:
      waiter.ask.up_to = 0;
      store_->Decide({std::move(waiter.ask)}, std::move(waiter.then));
      break;
  }
}

bool LeasingStore::Give(Lease* lease, uint32_t cost, int64_t now_ns, SharedDecision* answer) {
  if (lease->end_ns <= now_ns) lease->left = 0;
  if (lease->left < cost) return false;
  lease->left -= cost;
  answer->judged = {true, 0, lease->left, lease->reset_ns};
  answer->taken = cost;
  return true;
}

LeasingStore::Way LeasingStore::Begin(const Hash128& bucket, Waiter* waiter,
                                      SharedDecision* answer) {
  const int64_t now = now_ns_();
  Shard& shard = ShardOf(bucket);
  MutexLock lock(&shard.mutex);
  const size_t room = kMaxLeases / kShards;
  if (shard.leases.size() >= room && !shard.leases.contains(bucket)) {
    // A look over a full shard takes long, and finds little where one has just been had.
    if (now < shard.next_sweep_ns) return Way::kNoRoom;
    shard.next_sweep_ns = now + kSweepNs;
    absl::erase_if(shard.leases, [now](const auto& entry) {
      return entry.second.end_ns <= now && !entry.second.fetching;
    });
    if (shard.leases.size() >= room) return Way::kNoRoom;
  }
  Lease& lease = shard.leases[bucket];
  if (Give(&lease, waiter->ask.cost, now, answer)) return Way::kGiven;
  if (lease.fetching) {
    lease.waiting.push_back(std::move(*waiter));
    return Way::kWaits;
  }
  lease.fetching = true;
  return Way::kFetch;
}

void LeasingStore::Fetch(const Hash128& bucket, Waiter waiter) {
  std::vector<SharedAsk> asks = {waiter.ask};
  store_->Decide(std::move(asks), [this, bucket, waiter = std::move(waiter)](Answer answer) {
    Fetched(bucket, waiter, std::move(answer));
  });
}

void LeasingStore::Fetched(const Hash128& bucket, const Waiter& waiter, Answer answer) {
  const int64_t now = now_ns_();
  const bool taken = answer.ok() && answer->size() == 1 && answer->front().judged.allowed;
  std::vector<std::pair<std::function<void(Answer)>, Answer>> answers;
  std::optional<Waiter> next;  // for whom more is to be asked
  {
    Shard& shard = ShardOf(bucket);
    MutexLock lock(&shard.mutex);
    Lease& lease = shard.leases[bucket];
    if (taken) {
      const SharedDecision& decision = answer->front();
      const uint32_t more = decision.taken - std::min(decision.taken, waiter.ask.cost);
      if (lease.end_ns <= now) lease.left = 0;
      lease.left =
          static_cast<uint32_t>(std::min<uint64_t>(waiter.ask.up_to, uint64_t{lease.left} + more));
      lease.end_ns = now + absl::ToInt64Nanoseconds(waiter.ask.spec.per);
      lease.reset_ns = decision.judged.reset_ns;
    }
    size_t served = 0;
    for (; served < lease.waiting.size(); ++served) {
      Waiter& one = lease.waiting[served];
      SharedDecision given;
      if (taken && Give(&lease, one.ask.cost, now, &given)) {
        answers.emplace_back(std::move(one.then), std::vector<SharedDecision>{given});
      } else if (!taken && (!answer.ok() || one.ask.cost >= waiter.ask.cost)) {
        // There is not as much, or nobody knows: that is true of these, too.
        answers.emplace_back(std::move(one.then), answer);
      } else {
        break;
      }
    }
    lease.waiting.erase(lease.waiting.begin(),
                        lease.waiting.begin() + static_cast<std::ptrdiff_t>(served));
    if (!lease.waiting.empty()) {
      next = std::move(lease.waiting.front());
      lease.waiting.erase(lease.waiting.begin());
    } else {
      lease.fetching = false;
      if (lease.left == 0) shard.leases.erase(bucket);
    }
  }
  waiter.then(std::move(answer));
  for (auto& [then, one] : answers) then(std::move(one));
  if (next.has_value()) Fetch(bucket, *std::move(next));
}

}  // namespace warden
