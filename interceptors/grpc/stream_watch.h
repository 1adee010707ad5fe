// Ends streams whose credentials have ended, and those that have gone on for too long.
#ifndef WARDEN_INTERCEPTORS_GRPC_STREAM_WATCH_H_
#define WARDEN_INTERCEPTORS_GRPC_STREAM_WATCH_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "interceptors/grpc/call_registry.h"
#include "interceptors/guard.h"

struct grpc_call;

namespace warden {

// A unary call's credential is judged when it begins. A stream can go on for days, so it is ended
// with UNAUTHENTICATED when its token or key expires, and when one of its credentials is revoked:
// within kTick of either; and with RESOURCE_EXHAUSTED when it is older than its method allows. A
// handler learns of it as of a client's cancellation. Thread-safe; one
// thread of its own.
class StreamWatch {
 public:
  static constexpr absl::Duration kTick = absl::Milliseconds(100);

  explicit StreamWatch(Guard* guard);
  ~StreamWatch();
  StreamWatch(const StreamWatch&) = delete;
  StreamWatch& operator=(const StreamWatch&) = delete;

  // From the decision to the end of the call: `call` must live between the two.
  void Add(const std::shared_ptr<CallState>& state, grpc_call* call);
  void Remove(const CallState* state);

  size_t size() const;

 private:
  struct Stream {
    std::shared_ptr<CallState> state;
    grpc_call* call = nullptr;
    absl::Time end;                    // of its credentials
    std::optional<int64_t> quota_end;  // by the steady clock; none where it may go on
    bool ended = false;                // by us
  };
  // One that is to be ended, with a reference of ours to the call.
  using Ended = std::pair<Stream, Refusal>;

  void Run();
  std::vector<Ended> TakeEnded(absl::Time now);

  Guard* const guard_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  absl::flat_hash_map<const CallState*, Stream> streams_;
  std::multimap<absl::Time, const CallState*> by_end_;  // those that end by time
  std::set<std::pair<int64_t, const CallState*>> by_quota_end_;
  uint64_t checked_generation_ = 0;
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_STREAM_WATCH_H_
