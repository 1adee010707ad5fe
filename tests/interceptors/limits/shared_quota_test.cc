// Several processes share one quota.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "interceptors/limits/shared/leases.h"
#include "interceptors/limits/shared/redis_store.h"
#include "interceptors/steady.h"
#include "tests/support/redis_server.h"

namespace warden {
namespace {

constexpr int kProcesses = 4;
constexpr uint32_t kQuota = 4000;

// What one process is admitted that asks for half of the quota. -1: not all was answered.
int64_t AskForHalf(const std::string& address, const SharedAsk& ask) {
  RedisOptions options;
  options.address = address;
  options.timeout = absl::Seconds(10);
  LeasingStore store(std::make_shared<RedisLimitStore>(options, "test:"), SteadyNanos);
  std::atomic<int64_t> admitted{0};
  std::atomic<uint32_t> answered{0}, failed{0};
  for (uint32_t i = 0; i < kQuota / 2; ++i) {
    store.Decide({ask}, [&](const SharedLimitStore::Answer& answer) {
      if (!answer.ok()) ++failed;
      if (answer.ok() && answer->front().judged.allowed) ++admitted;
      ++answered;
    });
    // As many as a busy server has under way.
    while (i + 1 - answered > 64 && failed == 0) absl::SleepFor(absl::Microseconds(50));
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (answered < kQuota / 2 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
  return failed == 0 && answered == kQuota / 2 ? admitted.load() : -1;
}

// The sum over processes that run at the same time.
int64_t SumOverProcesses(const std::function<int64_t()>& run) {
  std::array<int, 2> pipe_ends{};
  EXPECT_EQ(pipe(pipe_ends.data()), 0);
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const int64_t result = run();
      const bool written = write(pipe_ends[1], &result, sizeof(result)) == sizeof(result);
      _exit(written ? 0 : 1);
    }
    EXPECT_GT(child, 0);
  }
  close(pipe_ends[1]);
  int64_t sum = 0;
  int results = 0;
  int64_t one = 0;
  while (read(pipe_ends[0], &one, sizeof(one)) == sizeof(one)) {
    EXPECT_GE(one, 0) << "a process was not answered";
    sum += one;
    ++results;
  }
  close(pipe_ends[0]);
  for (int i = 0; i < kProcesses; ++i) wait(nullptr);
  EXPECT_EQ(results, kProcesses);
  return sum;
}

class SharedQuotaTest : public ::testing::TestWithParam<LimitSpec::Algorithm> {
 protected:
  static SharedAsk Ask(uint32_t lease) {
    return {.bucket = "quota",
            .spec = {.requests = kQuota,
                     .per = absl::Hours(24 * 30),
                     .burst = kQuota,
                     .algorithm = GetParam()},
            .up_to = lease};
  }
};

TEST_P(SharedQuotaTest, IsAdmittedToTheCallOverAllProcesses) {
  const testing::RedisServer redis;
  const int64_t admitted = SumOverProcesses([&] { return AskForHalf(redis.address(), Ask(0)); });
  // Nothing to speak of is regained meanwhile.
  EXPECT_GE(admitted, int64_t{kQuota});
  EXPECT_LE(admitted, int64_t{kQuota} + kQuota / 1000);
}

TEST_P(SharedQuotaTest, WithLeasesNeverMoreAndLessByTheLeasesAtMost) {
  const testing::RedisServer redis;
  constexpr uint32_t kLease = 10;
  const int64_t admitted =
      SumOverProcesses([&] { return AskForHalf(redis.address(), Ask(kLease)); });
  EXPECT_GE(admitted, int64_t{kQuota} * 99 / 100 - kProcesses * kLease);
  EXPECT_LE(admitted, int64_t{kQuota} + kQuota / 1000);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SharedQuotaTest,
                         ::testing::Values(LimitSpec::Algorithm::kTokenBucket,
                                           LimitSpec::Algorithm::kSlidingWindow,
                                           LimitSpec::Algorithm::kFixedWindow));

}  // namespace
}  // namespace warden
