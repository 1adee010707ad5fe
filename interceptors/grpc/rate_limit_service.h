// A client of a rate limit service: envoy.service.ratelimit.v3.RateLimitService.
#ifndef WARDEN_INTERCEPTORS_GRPC_RATE_LIMIT_SERVICE_H_
#define WARDEN_INTERCEPTORS_GRPC_RATE_LIMIT_SERVICE_H_

#include <prometheus/metric_family.h>

#include <functional>
#include <memory>
#include <vector>

#include "interceptors/guard_limit_service.h"
#include "interceptors/limits/shared/shared_store.h"

namespace warden {

// One descriptor for each ask, with what it costs as `hits_addend`; asks that cost differently are
// asked apart, at the same time. What the service says overall counts, as the protocol has it. The
// service knows no looking without charging, and charges also what another limit of the call
// refuses. No thread waits. Certificates are read again every few seconds. Thread-safe.
class RateLimitService final : public SharedLimitStore {
 public:
  // Questions under way; more fail at once.
  static constexpr uint64_t kMaxPending = 16384;

  // Begins to connect, and does not wait for it.
  explicit RateLimitService(const RateLimitServiceOptions& options);

  // REQUIRES: each ask has entries and is to be charged; `up_to` is not heeded.
  void Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) override;

  std::vector<prometheus::MetricFamily> Families() const;

 private:
  struct Wire;
  struct Round;
  static void Ask(const std::shared_ptr<Wire>& wire, const std::shared_ptr<Round>& round,
                  std::vector<size_t> which);

  const std::shared_ptr<Wire> wire_;  // shared with questions under way
};

// The ConnectLimitService of Warden.
SharedLimits ConnectRateLimitService(const RateLimitServiceOptions& options);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_RATE_LIMIT_SERVICE_H_
