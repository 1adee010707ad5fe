#include "interceptors/grpc/call_registry.h"

#include <utility>

namespace warden {
namespace {

size_t ShardIndex(const grpc::ServerContextBase* context, size_t shards) {
  return absl::Hash<const grpc::ServerContextBase*>{}(context) % shards;
}

}  // namespace

CallRegistry& CallRegistry::Instance() {
  static CallRegistry* const instance = new CallRegistry;  // outlives every server
  return *instance;
}

CallRegistry::Shard& CallRegistry::ShardOf(const grpc::ServerContextBase* context) {
  return shards_[ShardIndex(context, kShards)];
}

const CallRegistry::Shard& CallRegistry::ShardOf(const grpc::ServerContextBase* context) const {
  return shards_[ShardIndex(context, kShards)];
}

void CallRegistry::Insert(const grpc::ServerContextBase* context,
                          std::shared_ptr<CallState> state) {
  Shard& shard = ShardOf(context);
  MutexLock lock(&shard.mutex);
  state.swap(shard.calls[context]);
}

std::shared_ptr<CallState> CallRegistry::Find(const grpc::ServerContextBase* context) const {
  const Shard& shard = ShardOf(context);
  MutexLock lock(&shard.mutex);
  const auto found = shard.calls.find(context);
  return found == shard.calls.end() ? nullptr : found->second;
}

void CallRegistry::Erase(const grpc::ServerContextBase* context, const CallState* state) {
  std::shared_ptr<CallState> last;  // destroyed after the lock is released
  Shard& shard = ShardOf(context);
  MutexLock lock(&shard.mutex);
  const auto found = shard.calls.find(context);
  if (found == shard.calls.end() || found->second.get() != state) return;
  last = std::move(found->second);
  shard.calls.erase(found);
}

size_t CallRegistry::size() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    total += shard.calls.size();
  }
  return total;
}

}  // namespace warden
