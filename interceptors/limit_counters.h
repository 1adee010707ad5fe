// What each limit has let through and refused, for metrics.
#ifndef WARDEN_INTERCEPTORS_LIMIT_COUNTERS_H_
#define WARDEN_INTERCEPTORS_LIMIT_COUNTERS_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "interceptors/guarded_method.h"
#include "interceptors/limits/limit.h"
#include "interceptors/observe/striped_counters.h"

namespace warden {

// One series for each limit, known at start-up: its name, or its method. Thread-safe; Record is
// wait-free.
class LimitCounters {
 public:
  LimitCounters(const std::deque<GuardedMethod>& methods, const std::vector<Limit>& connection);

  void Record(uint32_t limit_id, bool admitted) {
    if (limit_id < series_.size()) counters_.Add(2 * limit_id + (admitted ? 0 : 1), 1);
  }
  // warden_limiter_decisions_total.
  std::vector<prometheus::MetricFamily> Families() const;
  // Every label of a limit's key, each once.
  static std::vector<std::string> KeyLabels(const std::deque<GuardedMethod>& methods,
                                            const std::vector<Limit>& connection);

 private:
  struct Series {
    std::string limit;  // "" where no limit has the number
    std::string key;
  };
  static std::vector<Series> MakeSeries(const std::deque<GuardedMethod>& methods,
                                        const std::vector<Limit>& connection);

  const std::vector<Series> series_;  // by the limit's id
  StripedCounters counters_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMIT_COUNTERS_H_
