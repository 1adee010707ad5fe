#include "interceptors/pending_token.h"

#include <atomic>
#include <thread>

#include "gtest/gtest.h"

namespace warden {
namespace {

TokenResult Result(TokenRefusal refusal) {
  TokenResult result;
  result.refusal = refusal;
  return result;
}

TEST(PendingTokenTest, ThenRunsOnceWhicheverComesFirst) {
  for (const bool answer_first : {true, false}) {
    PendingToken pending;
    int runs = 0;
    if (answer_first) pending.Finish(Result(TokenRefusal::kInactive));
    pending.Then([&] { ++runs; });
    EXPECT_EQ(runs, answer_first ? 1 : 0);
    if (!answer_first) pending.Finish(Result(TokenRefusal::kInactive));
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(pending.Take().refusal, TokenRefusal::kInactive);
  }
}

TEST(PendingTokenTest, ThenRunsExactlyOnceInARace) {
  for (int round = 0; round < 2000; ++round) {
    PendingToken pending;
    std::atomic<int> runs = 0;
    std::thread answer([&] { pending.Finish(Result(TokenRefusal::kExpired)); });
    pending.Then([&] { ++runs; });
    answer.join();
    ASSERT_EQ(runs, 1);
  }
}

TEST(PendingTokenTest, WaitReturnsWithTheAnswer) {
  PendingToken pending;
  std::thread answer([&] { pending.Finish(Result(TokenRefusal::kExpired)); });
  pending.Wait();
  EXPECT_EQ(pending.Take().refusal, TokenRefusal::kExpired);
  answer.join();
}

}  // namespace
}  // namespace warden
