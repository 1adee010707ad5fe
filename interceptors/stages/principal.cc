#include "interceptors/stages/principal.h"

#include <utility>

#include "absl/hash/hash.h"

namespace warden {

PrincipalStage::PrincipalStage(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}

std::optional<Refusal> PrincipalStage::Run(Call& call) {
  const Key key(call.peer.get(), call.token.get(), call.api_key.get(), call.peer_counts);
  Shard& shard = shards_[absl::Hash<Key>{}(key) % kShards];
  {
    MutexLock lock(&shard.mutex);
    const auto found = shard.made.find(key);
    if (found != shard.made.end()) {
      call.principal = found->second;
      return std::nullopt;
    }
  }
  call.principal = policy_->MakePrincipal({.peer = call.peer,
                                           .token = call.token,
                                           .api_key = call.api_key,
                                           .peer_counts = call.peer_counts});
  absl::flat_hash_map<Key, std::shared_ptr<const Principal>> old;  // destroyed outside the lock
  MutexLock lock(&shard.mutex);
  if (shard.made.size() >= kMaxPerShard) shard.made.swap(old);
  shard.made.emplace(key, call.principal);
  return std::nullopt;
}

}  // namespace warden
