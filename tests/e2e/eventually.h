// Waits for what other threads will have done soon.
#ifndef WARDEN_TESTS_E2E_EVENTUALLY_H_
#define WARDEN_TESTS_E2E_EVENTUALLY_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace warden::testing {

// Whether `condition` has become true within ten seconds.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_EVENTUALLY_H_
