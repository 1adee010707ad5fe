// The calls in progress on guarded methods, by their server context.
//
// gRPC gives a call no place of ours: its AuthContext belongs to the connection, not to the call,
// and its context has no slot for a user's data. So the gate keeps what it knows of a call here,
// from the decision to the end of the call.
#ifndef WARDEN_INTERCEPTORS_GRPC_CALL_REGISTRY_H_
#define WARDEN_INTERCEPTORS_GRPC_CALL_REGISTRY_H_

#include <grpcpp/server_context.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/sync/mutex.h"
#include "interceptors/call.h"
#include "interceptors/grpc/answer_hook.h"
#include "interceptors/grpc/transport_facts.h"
#include "interceptors/refusal.h"

namespace warden {

class Guard;
class StreamWatch;
struct SuspendedCall;

// One call and what was decided of it. Written by the thread that runs the gate, before the
// handler.
struct CallState {
  Call call;
  std::optional<Refusal> refusal;
  Guard* guard = nullptr;
  const grpc::ServerContextBase* context = nullptr;
  std::optional<PeerAddress> address;
  // Of a callback call that passed: gRPC's own end of it, and what keeps this object until then. A
  // lambda that captures one pointer to here needs no memory of its own.
  std::function<void()> next;
  std::shared_ptr<CallState> self;
  StreamWatch* watch = nullptr;              // that has the call; null where none has
  std::atomic<bool> ended{false};            // by us, before its time: whoever sets it says why
  AnswerHook answer;                         // what the handler's answer passes
  std::shared_ptr<SuspendedCall> suspended;  // of a callback call that waits for its decision
};

// Thread-safe, sharded. Bounded by the number of calls in progress.
class CallRegistry {
 public:
  static CallRegistry& Instance();

  // Replaces what a former call left under a reused address.
  void Insert(const grpc::ServerContextBase* context, std::shared_ptr<CallState> state);
  // Null for a call that did not pass the gate, or has ended.
  std::shared_ptr<CallState> Find(const grpc::ServerContextBase* context) const;
  // Does nothing where `state` is no longer what is kept under `context`.
  void Erase(const grpc::ServerContextBase* context, const CallState* state);
  size_t size() const;

 private:
  static constexpr size_t kShards = 64;
  struct alignas(64) Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<const grpc::ServerContextBase*, std::shared_ptr<CallState>> calls
        ABSL_GUARDED_BY(mutex);
  };
  Shard& ShardOf(const grpc::ServerContextBase* context);
  const Shard& ShardOf(const grpc::ServerContextBase* context) const;

  std::array<Shard, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_CALL_REGISTRY_H_
