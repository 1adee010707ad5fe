#include "interceptors/limits/shared/leases.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

// Answers at once, from so many that there are.
class FakeStore final : public SharedLimitStore {
 public:
  void Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) override {
    ++asked;
    last = asks;
    if (down) return then(absl::UnavailableError("down"));
    std::vector<SharedDecision> decisions;
    for (const SharedAsk& ask : asks) {
      SharedDecision decision;
      decision.judged.allowed = left >= ask.cost;
      if (decision.judged.allowed) decision.taken = std::max(ask.cost, std::min(ask.up_to, left));
      left -= decision.taken;
      decisions.push_back(decision);
    }
    then(decisions);
  }
  uint32_t left = 1'000'000;
  bool down = false;
  int asked = 0;
  std::vector<SharedAsk> last;
};

class LeasesTest : public ::testing::Test {
 protected:
  bool Take(const std::string& bucket, uint32_t lease, uint32_t cost = 1) {
    bool allowed = false;
    leases_.Decide({{.bucket = bucket, .spec = spec_, .cost = cost, .up_to = lease}},
                   [&](const SharedLimitStore::Answer& answer) {
                     allowed = answer.ok() && answer->front().judged.allowed;
                   });
    return allowed;
  }
  const LimitSpec spec_ = {.requests = 100, .per = absl::Seconds(1), .burst = 100};
  int64_t now_ = 0;
  std::shared_ptr<FakeStore> store_ = std::make_shared<FakeStore>();
  LeasingStore leases_{store_, [this] { return now_; }};
};

TEST_F(LeasesTest, AsksOnceForALease) {
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Take("a", 10));
  EXPECT_EQ(store_->asked, 2);
  EXPECT_TRUE(Take("b", 10)) << "another bucket";
  EXPECT_EQ(store_->asked, 3);
}

TEST_F(LeasesTest, GivesOutWhatItGotAndNoMore) {
  store_->left = 13;
  int allowed = 0;
  for (int i = 0; i < 40; ++i) allowed += Take("a", 10) ? 1 : 0;
  EXPECT_EQ(allowed, 13);
}

TEST_F(LeasesTest, WhatIsNotGivenOutInTimeIsForgotten) {
  EXPECT_TRUE(Take("a", 10));
  now_ = 999'999'999;
  EXPECT_TRUE(Take("a", 10));
  EXPECT_EQ(store_->asked, 1);
  now_ = 1'000'000'000;
  EXPECT_TRUE(Take("a", 10));
  EXPECT_EQ(store_->asked, 2);
}

TEST_F(LeasesTest, WithoutALeaseEachCallIsAsked) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Take("a", 0));
  EXPECT_EQ(store_->asked, 5);
  leases_.Decide({{.bucket = "a", .spec = spec_, .up_to = 10}, {.bucket = "b", .spec = spec_}},
                 [](const SharedLimitStore::Answer&) {});
  EXPECT_EQ(store_->last[0].up_to, 0u) << "one of several is not leased";
}

TEST_F(LeasesTest, AnOutageIsPassedOn) {
  EXPECT_TRUE(Take("a", 3));
  store_->down = true;
  EXPECT_TRUE(Take("a", 3));
  EXPECT_TRUE(Take("a", 3));
  EXPECT_FALSE(Take("a", 3));
}

TEST_F(LeasesTest, ItsMemoryIsBounded) {
  const size_t many = 3 * LeasingStore::kMaxLeases;
  for (size_t i = 0; i < many; ++i) ASSERT_TRUE(Take(absl::StrCat(i), 10));
  EXPECT_EQ(store_->last[0].up_to, 0u) << "there was no room for one more";
  now_ = 2'000'000'000;
  EXPECT_TRUE(Take("new", 10));
  EXPECT_EQ(store_->last[0].up_to, 10u) << "old ones make room";
}

}  // namespace
}  // namespace warden
