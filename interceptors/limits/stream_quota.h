// What one stream of requests may take, and for how long a stream may go on.
#ifndef WARDEN_INTERCEPTORS_LIMITS_STREAM_QUOTA_H_
#define WARDEN_INTERCEPTORS_LIMITS_STREAM_QUOTA_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/gcra.h"
#include "interceptors/limits/limit_spec.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace warden {

// Immutable.
struct StreamQuota {
  uint64_t max_messages = 0;      // no bound where 0
  uint64_t max_bytes = 0;         // likewise
  std::optional<LimitSpec> rate;  // of messages
  absl::Duration max_age = absl::InfiniteDuration();

  bool counts_messages() const { return max_messages != 0 || max_bytes != 0 || rate.has_value(); }
};

// What a stream has taken so far. Thread-safe.
class StreamUse {
 public:
  explicit StreamUse(const StreamQuota* quota) : quota_(quota) {}

  // One more message. Why it is too much, for the operator; "" where it is not. `now_ns` is a
  // monotonic time, and is not looked at without a rate.
  std::string Add(uint64_t bytes, int64_t now_ns);

 private:
  const StreamQuota* const quota_;
  Mutex mutex_;
  uint64_t messages_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t latest_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<ArrivalTime> bucket_ ABSL_GUARDED_BY(mutex_);
};

// A method's own `stream_quota` option, else its service's, else its file's. Null for methods that
// do not stream, and where there is none. Of an inherited one, what is about streams of requests
// does not hold for a method without them. InvalidArgument lists every problem, one a line, with
// method, option and field.
absl::StatusOr<std::shared_ptr<const StreamQuota>> ResolveStreamQuota(
    const google::protobuf::MethodDescriptor& method);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_STREAM_QUOTA_H_
