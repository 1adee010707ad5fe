// What a server's health depends on, in one list: readiness, the health service, metrics and the
// admin port all ask it.
#ifndef WARDEN_INTERCEPTORS_HEALTH_HEALTH_REGISTRY_H_
#define WARDEN_INTERCEPTORS_HEALTH_HEALTH_REGISTRY_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"

namespace warden {

// kDegraded: something is wrong that an operator should see, and calls are served as before.
// kFailed: calls would be refused that should not be, so they had better go to another server.
enum class HealthState { kOk, kDegraded, kFailed };

std::string_view ToString(HealthState state);  // "ok", "degraded", "failed"

struct HealthFinding {
  HealthState state = HealthState::kOk;
  std::string detail;  // for operators; without secrets and without a caller's text
};

struct HealthCheck {
  std::string name;
  HealthFinding found;
  absl::Time since;  // when it was first seen in this state
};

struct HealthReport {
  bool ready = false;               // no check has failed
  std::vector<HealthCheck> checks;  // "serving" first, the others as they were added
};

// Thread-safe. A new registry is not ready: its check "serving" has failed until SetServing.
class HealthRegistry {
 public:
  using Look = std::function<HealthFinding()>;

  // `now` is what `since` is told by.
  explicit HealthRegistry(std::function<absl::Time()> now);

  // Asks `look` in each report from now on. One of the same name takes the older one's place.
  // `look` must be quick and must not call back into this object or into Metrics: it runs under
  // locks, on any thread. Where it throws, the check has failed. Names are fixed words, in
  // snake_case: they become label values.
  void Add(std::string name, Look look);
  // Forgets all of them, once a report that is under way has ended.
  void DropAll();

  // From here on calls are answered.
  void SetServing();
  // The server was told to stop: it is not ready any more, for good.
  void SetDraining();
  bool draining() const;

  HealthReport Report();

 private:
  enum class Life { kStarting, kServing, kDraining };
  struct Entry {
    HealthCheck last;
    Look look;
  };
  HealthFinding FindLife() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Take(HealthFinding found, absl::Time now, HealthCheck* check);

  const std::function<absl::Time()> now_;
  mutable Mutex mutex_;
  Life life_ ABSL_GUARDED_BY(mutex_) = Life::kStarting;
  HealthCheck serving_ ABSL_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

// One line for an operator's log: "ready", "not ready: revocations failed (out of reach)", with
// what is degraded too.
std::string Summary(const HealthReport& report);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_HEALTH_HEALTH_REGISTRY_H_
