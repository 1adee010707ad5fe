// Decisions of a shared store, waited for.
#ifndef WARDEN_TESTS_INTERCEPTORS_LIMITS_REDIS_ASK_H_
#define WARDEN_TESTS_INTERCEPTORS_LIMITS_REDIS_ASK_H_

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "interceptors/limits/shared/redis_store.h"

namespace warden {

inline SharedLimitStore::Answer AskStore(SharedLimitStore& store, std::vector<SharedAsk> asks) {
  std::promise<SharedLimitStore::Answer> promise;
  store.Decide(std::move(asks),
               [&](SharedLimitStore::Answer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

// So many in thirty days, so that none comes back meanwhile.
inline SharedAsk AskOf(std::string bucket, uint32_t requests) {
  return {.bucket = std::move(bucket),
          .spec = {.requests = requests, .per = absl::Hours(24 * 30), .burst = requests}};
}

// How many of `times` were let in; -1 where one had no answer.
inline int AdmittedOf(SharedLimitStore& store, const SharedAsk& ask, int times) {
  int admitted = 0;
  for (int i = 0; i < times; ++i) {
    const SharedLimitStore::Answer answer = AskStore(store, {ask});
    if (!answer.ok()) return -1;
    if (answer->front().judged.allowed) ++admitted;
  }
  return admitted;
}

// Whether `condition` has become true within a minute.
template <typename Condition>
bool WithinAMinute(const Condition& condition) {
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace warden

#endif  // WARDEN_TESTS_INTERCEPTORS_LIMITS_REDIS_ASK_H_
