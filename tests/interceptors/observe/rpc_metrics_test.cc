#include "interceptors/observe/rpc_metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace warden {
namespace {

// The counters by family and label values, joined by spaces.
std::map<std::string, double> Counters(const RpcMetrics& metrics) {
  std::map<std::string, double> counters;
  for (const auto& family : metrics.Collect()) {
    for (const auto& sample : family.metric) {
      std::string name = family.name;
      for (const auto& label : sample.label) name += " " + label.value;
      counters[name] = sample.counter.value;
    }
  }
  return counters;
}

TEST(RpcMetricsTest, CountsByMethodAndCode) {
  RpcMetrics metrics({"/a.B/C", "/a.B/D"}, {});
  metrics.RecordHandled(0, 0, 1);
  metrics.RecordHandled(0, 13, 1);
  metrics.RecordHandled(0, 13, 1);
  metrics.RecordHandled(1, 16, 1);
  for (const int code : {2, 17, -1, std::numeric_limits<int>::max()}) {
    metrics.RecordHandled(1, code, 1);
  }
  metrics.RecordHandled(metrics.unknown_method(), 12, 1);
  metrics.RecordHandled(99, 12, 1);
  std::map<std::string, double> counters = Counters(metrics);
  EXPECT_EQ(counters["warden_rpc_handled_total /a.B/C OK"], 1);
  EXPECT_EQ(counters["warden_rpc_handled_total /a.B/C INTERNAL"], 2);
  EXPECT_EQ(counters["warden_rpc_handled_total /a.B/D UNAUTHENTICATED"], 1);
  EXPECT_EQ(counters["warden_rpc_handled_total /a.B/D UNKNOWN"], 4);
  EXPECT_EQ(counters["warden_rpc_handled_total unknown UNIMPLEMENTED"], 2);
  EXPECT_EQ(counters.count("warden_rpc_handled_total /a.B/D OK"), 1u);
  EXPECT_EQ(counters.count("warden_rpc_handled_total /a.B/D INTERNAL"), 0u);
  EXPECT_EQ(counters.count("warden_rpc_handled_total unknown OK"), 0u);
}

TEST(RpcMetricsTest, DurationsFallIntoTheirBuckets) {
  RpcMetrics metrics({"/a.B/C"}, {});
  for (const int64_t nanos : {int64_t{-5}, int64_t{100'000}, int64_t{100'001},
                              int64_t{30'000'000'000}, int64_t{30'000'000'001}}) {
    metrics.RecordHandled(0, 0, nanos);
  }
  for (const auto& family : metrics.Collect()) {
    if (family.name != "warden_rpc_duration_seconds") continue;
    ASSERT_EQ(family.metric.size(), 1u);
    const auto& histogram = family.metric[0].histogram;
    ASSERT_EQ(histogram.bucket.size(), 18u);
    EXPECT_EQ(histogram.sample_count, 5u);
    EXPECT_DOUBLE_EQ(histogram.sample_sum, 60.000200002);
    EXPECT_DOUBLE_EQ(histogram.bucket[0].upper_bound, 0.0001);
    EXPECT_EQ(histogram.bucket[0].cumulative_count, 2u);
    EXPECT_EQ(histogram.bucket[1].cumulative_count, 3u);
    EXPECT_DOUBLE_EQ(histogram.bucket[16].upper_bound, 30);
    EXPECT_EQ(histogram.bucket[16].cumulative_count, 4u);
    EXPECT_EQ(histogram.bucket[17].cumulative_count, 5u);
    return;
  }
  FAIL() << "no such family";
}

TEST(RpcMetricsTest, CountsAnswersAndLeaks) {
  RpcMetrics metrics({"/a.B/C"}, {"jwt", "bearer"});
  metrics.RecordAnswer(0, AnswerResult::kHidden, true);
  metrics.RecordAnswer(0, AnswerResult::kLeak, false);
  metrics.RecordAnswer(0, AnswerResult::kTooLarge, true);
  metrics.RecordAnswer(7, AnswerResult::kInvalid, true);
  metrics.RecordLeak(1);
  metrics.RecordLeak(7);
  std::map<std::string, double> counters = Counters(metrics);
  EXPECT_EQ(counters["warden_responses_total /a.B/C hidden blocked"], 1);
  EXPECT_EQ(counters["warden_responses_total /a.B/C leak detected"], 1);
  EXPECT_EQ(counters["warden_responses_total /a.B/C too_large blocked"], 1);
  EXPECT_EQ(counters["warden_responses_total unknown invalid blocked"], 1);
  EXPECT_EQ(counters["warden_response_leaks_total bearer"], 1);
  EXPECT_EQ(counters["warden_response_leaks_total other"], 1);
  EXPECT_EQ(counters.count("warden_response_leaks_total jwt"), 0u);
}

TEST(RpcMetricsTest, ExpectedAnswersAreThereFromTheStart) {
  RpcMetrics metrics({"/a.B/C", "/a.B/D"}, {});
  EXPECT_EQ(Counters(metrics).count("warden_responses_total /a.B/D leak blocked"), 0u);
  metrics.ExpectAnswer(1, AnswerResult::kLeak, true);
  std::map<std::string, double> counters = Counters(metrics);
  EXPECT_EQ(counters.count("warden_responses_total /a.B/D leak blocked"), 1u);
  EXPECT_EQ(counters["warden_responses_total /a.B/D leak blocked"], 0);
  EXPECT_EQ(counters.count("warden_responses_total /a.B/D leak detected"), 0u);
  EXPECT_EQ(counters.count("warden_responses_total /a.B/C leak blocked"), 0u);
}

TEST(RpcMetricsTest, NothingIsLostBetweenThreads) {
  RpcMetrics metrics({"/a.B/C"}, {});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 10'000; ++i) metrics.RecordHandled(0, 0, 1'000'000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Counters(metrics)["warden_rpc_handled_total /a.B/C OK"], 40'000);
}

}  // namespace
}  // namespace warden
