// Limits that several servers share.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_SHARED_STORE_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_SHARED_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/limits/gcra.h"
#include "interceptors/limits/limit_spec.h"

namespace warden {

struct LimitEntry {
  std::string key, value;
};

// One limit of a call, as the store is asked for it.
struct SharedAsk {
  std::string bucket;  // names limit and key alike on all servers: any bytes; "" with `entries`
  LimitSpec spec;      // passes CheckLimit
  uint32_t cost = 1;
  bool charge = true;  // or only looked at
  // Taken where there is as much, else what there is, but not less than `cost`. For leases.
  uint32_t up_to = 0;
  // The same bucket in words; of limits that say SERVICE only.
  std::vector<LimitEntry> entries = {};
};

struct SharedDecision {
  GcraDecision judged;
  uint32_t taken = 0;  // `cost`, or more where up_to asked for it
};

class SharedLimitStore {
 public:
  // One for each ask, in their order; Unavailable where the store could not be asked.
  using Answer = absl::StatusOr<std::vector<SharedDecision>>;

  virtual ~SharedLimitStore() = default;
  // Asks for all of them at one instant: where one refuses, none is charged. Does not block;
  // `then` is called once, by this thread or another, and must be quick. Thread-safe.
  virtual void Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_SHARED_STORE_H_
