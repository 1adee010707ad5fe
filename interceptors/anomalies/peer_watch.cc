#include "interceptors/anomalies/peer_watch.h"

#include <algorithm>
#include <cmath>

namespace warden {
namespace {

// How much the last window counts in the mean.
constexpr double kWeight = 0.3;

}  // namespace

PeerWatch::PeerWatch(const PeerWatchOptions& options)
    : options_(options), hash_key_(SipKey::Random()) {}

PeerWatch::History& PeerWatch::Find(Shard* shard, uint64_t peer, int64_t now_ns) {
  const auto found = shard->by_peer.find(peer);
  if (found != shard->by_peer.end()) {
    shard->recent.splice(shard->recent.begin(), shard->recent, found->second);
    return found->second->second;
  }
  if (shard->recent.size() >= std::max<size_t>(options_.max_peers / kShards, 1)) {
    shard->by_peer.erase(shard->recent.back().first);
    shard->recent.pop_back();
  }
  shard->recent.emplace_front(peer, History{.window_begin_ns = now_ns});
  shard->by_peer.emplace(peer, shard->recent.begin());
  return shard->recent.front().second;
}

void PeerWatch::Advance(History* history, int64_t now_ns) const {
  const int64_t windows = (now_ns - history->window_begin_ns) / options_.window_ns;
  if (windows <= 0) return;
  history->usual += kWeight * (history->refusals - history->usual);
  // Of the windows after it nothing was heard.
  history->usual *= std::pow(1 - kWeight, static_cast<double>(windows - 1));
  history->windows =
      static_cast<uint32_t>(std::min<int64_t>(int64_t{history->windows} + windows, kMinWindows));
  history->window_begin_ns += windows * options_.window_ns;
  history->refusals = 0;
  history->refusals_found = false;
  history->subjects.clear();
  history->methods.clear();
}

// Whether this is the one with which there are `most` different ones.
bool PeerWatch::Distinct(Hashes* hashes, std::string_view text, uint32_t most) const {
  if (text.empty() || most == 0 || hashes->size() >= most) return false;
  const uint64_t hash = SipHash128(hash_key_, 1, text).low;
  if (std::find(hashes->begin(), hashes->end(), hash) != hashes->end()) return false;
  hashes->push_back(hash);
  return hashes->size() == most;
}

PeerFindings PeerWatch::Refused(std::string_view peer, const RefusedCall& call, int64_t now_ns) {
  const Hash128 key = SipHash128(hash_key_, 0, peer);
  Shard& shard = shards_[key.high % kShards];
  MutexLock lock(&shard.mutex);
  History& history = Find(&shard, key.low, now_ns);
  Advance(&history, now_ns);
  ++history.refusals;
  PeerFindings findings;
  findings.subjects = Distinct(&history.subjects, call.subject, options_.subjects);
  findings.methods = Distinct(&history.methods, call.method, options_.methods);
  if (options_.refusals_factor > 0 && !history.refusals_found && history.windows >= kMinWindows &&
      history.refusals >= kMinRefusals &&
      history.refusals >= options_.refusals_factor * std::max(history.usual, 1.0)) {
    history.refusals_found = findings.refusals = true;
  }
  return findings;
}

size_t PeerWatch::size() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    total += shard.recent.size();
  }
  return total;
}

}  // namespace warden
