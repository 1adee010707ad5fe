// What a limit computes with: how much, in which time, by which algorithm.
#ifndef WARDEN_INTERCEPTORS_LIMITS_LIMIT_SPEC_H_
#define WARDEN_INTERCEPTORS_LIMITS_LIMIT_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace warden {

// kTokenBucket: `burst` at once, `requests` more in each `per`, evenly spread. kSlidingWindow: up
// to `requests` in any `per`, by the weighed counts of two windows. kFixedWindow: up to `requests`
// from one multiple of `per` to the next.
struct LimitSpec {
  enum class Algorithm : uint8_t { kTokenBucket, kSlidingWindow, kFixedWindow };

  uint32_t requests = 1;  // at least 1
  absl::Duration per;     // kMinPer to kMaxPer
  uint32_t burst = 1;     // at least 1; `requests` with windows
  Algorithm algorithm = Algorithm::kTokenBucket;

  // The most that a call can cost and still pass.
  uint32_t size() const { return algorithm == Algorithm::kTokenBucket ? burst : requests; }
  friend bool operator==(const LimitSpec&, const LimitSpec&) = default;
};

inline constexpr absl::Duration kMinPer = absl::Milliseconds(1);
inline constexpr absl::Duration kMaxPer = absl::Hours(30 * 24);
// An empty bucket must be full again within this: burst * per / requests.
inline constexpr int kMaxFillDays = 366;

// Every "field: problem" of the spec's numbers.
std::vector<std::string> FindSpecProblems(const LimitSpec& spec);

// OK if the bounds above hold; InvalidArgument lists every field that breaks one.
absl::Status CheckLimit(const LimitSpec& spec);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_LIMIT_SPEC_H_
