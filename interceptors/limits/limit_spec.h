// How often a method may be called, read from the `rate_limit` options of its `.proto`.
#ifndef WARDEN_INTERCEPTORS_LIMITS_LIMIT_SPEC_H_
#define WARDEN_INTERCEPTORS_LIMITS_LIMIT_SPEC_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace google::protobuf {
class MethodDescriptor;
}

namespace warden {

// A token bucket for each key: `burst` calls at once, `requests` more in each `per`, evenly spread.
struct LimitSpec {
  enum class Key { kPeer, kPrincipal, kAddress };
  Key key = Key::kPeer;
  uint32_t requests = 1;  // at least 1
  absl::Duration per;     // kMinPer to kMaxPer
  uint32_t burst = 1;     // at least 1
};

inline constexpr absl::Duration kMinPer = absl::Milliseconds(1);
inline constexpr absl::Duration kMaxPer = absl::Hours(30 * 24);
// An empty bucket must be full again within this: burst * per / requests.
inline constexpr int kMaxFillDays = 366;

// "peer", "principal", "address": the metric label.
std::string_view ToString(LimitSpec::Key key);

// OK if the bounds above hold; InvalidArgument lists every field that breaks one.
absl::Status CheckLimit(const LimitSpec& spec);

// The limit of a method: its own `rate_limit` option, else its service's `service_rate_limit`, else
// its file's `file_rate_limit`, else nullopt. The nearest option counts as a whole; fields are not
// merged. `burst` 0 becomes `requests`. InvalidArgument lists every problem with method, option and
// field.
absl::StatusOr<std::optional<LimitSpec>> ResolveLimit(
    const google::protobuf::MethodDescriptor& method);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_LIMIT_SPEC_H_
