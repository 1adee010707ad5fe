// How calls ended and how long they took, and what was kept from leaving the server.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_RPC_METRICS_H_
#define WARDEN_INTERCEPTORS_OBSERVE_RPC_METRICS_H_

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "interceptors/observe/label_set.h"
#include "interceptors/observe/striped_counters.h"

namespace warden {

// What was found wrong with an answer, in the order of the label's values.
enum class AnswerResult { kHidden, kInvalid, kTooLarge, kLeak };
inline constexpr size_t kAnswerResults = 4;

// Families of their own beside those of Metrics, and as these wait-free to record and fixed in
// number: methods and leaks are known at start-up. Thread-safe.
class RpcMetrics {
 public:
  // `methods` by GuardedMethod::id, `leaks` by the names of the detectors.
  RpcMetrics(std::vector<std::string> methods, std::vector<std::string> leaks);

  // A method out of range counts as "unknown".
  uint32_t unknown_method() const { return static_cast<uint32_t>(methods_.rest()); }

  // A call ended: warden_rpc_handled_total and warden_rpc_duration_seconds. `code` is gRPC's; one
  // that gRPC does not know counts as UNKNOWN, which is what clients take it for. Negative
  // durations count as zero.
  void RecordHandled(uint32_t method, int code, int64_t nanoseconds);
  // Has warden_responses_total show this one from the start, so that the first is an increase.
  // Before calls come.
  void ExpectAnswer(uint32_t method, AnswerResult result, bool blocked);
  // warden_responses_total: something was wrong with an answer, and it was kept back or let go.
  void RecordAnswer(uint32_t method, AnswerResult result, bool blocked);
  // warden_response_leaks_total, by the detector that found it.
  void RecordLeak(size_t leak);

  std::vector<prometheus::MetricFamily> Collect() const;

 private:
  size_t AnswerCell(uint32_t method, AnswerResult result, bool blocked) const;
  prometheus::MetricFamily CollectHandled() const;
  prometheus::MetricFamily CollectDurations() const;
  prometheus::MetricFamily CollectAnswers() const;
  prometheus::MetricFamily CollectLeaks() const;

  const LabelSet methods_, leaks_;
  // Where each family begins among the counters.
  size_t handled_ = 0, buckets_ = 0, sums_ = 0, answers_ = 0, found_ = 0;
  StripedCounters counters_;
  std::vector<bool> expected_;  // by AnswerCell
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_RPC_METRICS_H_
