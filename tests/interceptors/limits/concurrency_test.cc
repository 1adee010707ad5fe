#include "interceptors/limits/concurrency.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/stream_quota.h"
#include "limits_bad_test.pb.h"
#include "limits_test.pb.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using Result = ConcurrencyLimiter::Result;

const google::protobuf::MethodDescriptor& Method(const std::string& name) {
  limits_test::InLimits::descriptor();
  limits_test::InBad::descriptor();
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      "warden.limits_test." + name);
  EXPECT_NE(method, nullptr) << name;
  return *method;
}

std::shared_ptr<ConcurrencyLimiter> Make(uint32_t all, uint32_t each) {
  return std::make_shared<ConcurrencyLimiter>(
      ConcurrencyLimiter::Limits{.max_calls = all, .max_calls_each = each});
}

TEST(ConcurrencyTest, APlaceIsGivenBackOnce) {
  const auto limiter = Make(2, 0);
  InFlightPlace a, b, c;
  EXPECT_EQ(limiter->Enter("", &a), Result::kEntered);
  EXPECT_EQ(limiter->Enter("", &b), Result::kEntered);
  EXPECT_EQ(limiter->Enter("", &c), Result::kAll);
  EXPECT_FALSE(c.held());
  a.Release();
  a.Release();
  EXPECT_EQ(limiter->in_flight(), 1u);
  InFlightPlace moved = std::move(b);
  EXPECT_FALSE(b.held());  // NOLINT(bugprone-use-after-move): that it holds nothing is the point
  EXPECT_EQ(limiter->Enter("", &c), Result::kEntered);
  moved = std::move(c);
  EXPECT_EQ(limiter->in_flight(), 1u) << "what it held is given back";
  { const InFlightPlace gone = std::move(moved); }
  EXPECT_EQ(limiter->in_flight(), 0u);
}

TEST(ConcurrencyTest, KeysHaveTheirOwnAndLeaveNothingBehind) {
  const auto limiter = Make(5, 2);
  std::vector<InFlightPlace> places(6);
  EXPECT_EQ(limiter->Enter("alice", &places[0]), Result::kEntered);
  EXPECT_EQ(limiter->Enter("alice", &places[1]), Result::kEntered);
  EXPECT_EQ(limiter->Enter("alice", &places[2]), Result::kKey);
  EXPECT_EQ(limiter->in_flight(), 2u);
  EXPECT_EQ(limiter->Enter("bob", &places[2]), Result::kEntered);
  EXPECT_EQ(limiter->Enter("carol", &places[3]), Result::kEntered);
  EXPECT_EQ(limiter->Enter("dave", &places[4]), Result::kEntered);
  EXPECT_EQ(limiter->Enter("erin", &places[5]), Result::kAll);
  EXPECT_EQ(limiter->tracked_keys(), 4u);
  places.clear();
  EXPECT_EQ(limiter->in_flight(), 0u);
  EXPECT_EQ(limiter->tracked_keys(), 0u);
}

TEST(ConcurrencyTest, ThreadsNeverHoldMoreThanThereIs) {
  const auto limiter = Make(8, 3);
  std::atomic<int> now{0}, most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20'000; ++i) {
        std::vector<InFlightPlace> places(4);
        for (InFlightPlace& place : places) {
          if (limiter->Enter(absl::StrCat((t + i) % 3), &place) != Result::kEntered) continue;
          const int held = ++now;
          int seen = most;
          while (held > seen && !most.compare_exchange_weak(seen, held)) {
          }
        }
        for (InFlightPlace& place : places) {
          if (place.held()) --now;
          place.Release();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 8);
  EXPECT_GE(most, 3);
  EXPECT_EQ(limiter->in_flight(), 0u);
  EXPECT_EQ(limiter->tracked_keys(), 0u);
}

TEST(ResolveConcurrencyTest, TheNearestCounts) {
  const auto inherited = ResolveConcurrency(Method("Shaped.Unary"));
  ASSERT_TRUE(inherited.ok());
  EXPECT_EQ((*inherited)->limits().max_calls, 5u);
  EXPECT_EQ((*inherited)->limits().max_calls_each, 0u);
  const auto own = ResolveConcurrency(Method("Shaped.Own"));
  ASSERT_TRUE(own.ok());
  EXPECT_EQ((*own)->limits().max_calls, 0u);
  EXPECT_EQ((*own)->limits().max_calls_each, 2u);
  EXPECT_EQ((*own)->limits().label, "tenant+method");
  EXPECT_EQ(*ResolveConcurrency(Method("Plain.Unlimited")), nullptr);
}

TEST(ResolveConcurrencyTest, WhatMeansNothingIsRefused) {
  const auto error = [](const std::string& name) {
    return std::string(ResolveConcurrency(Method("Bad." + name)).status().message());
  };
  EXPECT_EQ(error("Idle"),
            "warden.limits_test.Bad.Idle: concurrency: max_calls, max_calls_each: one of them is "
            "required");
  EXPECT_THAT(error("KeyOnly"), HasSubstr("concurrency: key: only with max_calls_each"));
  EXPECT_THAT(error("EachWithoutKey"), HasSubstr("concurrency: key: is required"));
}

TEST(ResolveStreamQuotaTest, HoldsForWhatTheMethodStreams) {
  EXPECT_EQ(*ResolveStreamQuota(Method("Shaped.Unary")), nullptr);
  EXPECT_EQ(*ResolveStreamQuota(Method("Plain.Unlimited")), nullptr);
  const auto upload = *ResolveStreamQuota(Method("Shaped.Upload"));
  EXPECT_EQ(upload->max_messages, 3u);
  EXPECT_EQ(upload->max_age, absl::Seconds(60));
  const auto watch = *ResolveStreamQuota(Method("Shaped.Watch"));
  EXPECT_FALSE(watch->counts_messages());
  EXPECT_EQ(watch->max_age, absl::Seconds(60));
  const auto own = *ResolveStreamQuota(Method("Shaped.Own"));
  EXPECT_EQ(own->max_messages, 0u);
  EXPECT_EQ(own->max_age, absl::InfiniteDuration());
  ASSERT_TRUE(own->rate.has_value());
  EXPECT_EQ(own->rate->burst, 4u);
  EXPECT_EQ(own->rate->per, absl::Seconds(1));
}

TEST(ResolveStreamQuotaTest, WhatMeansNothingIsRefused) {
  const auto error = [](const std::string& name) {
    return std::string(ResolveStreamQuota(Method("Bad." + name)).status().message());
  };
  EXPECT_EQ(error("UnaryQuota"),
            "warden.limits_test.Bad.UnaryQuota: stream_quota: the method does not stream");
  EXPECT_THAT(error("WatchQuota"), HasSubstr("the method has no stream of requests"));
  EXPECT_THAT(error("EmptyQuota"), HasSubstr("stream_quota: says nothing"));
  EXPECT_THAT(error("BadQuota"), HasSubstr("per: must be 1 ms to 30 days, is -1s"));
  EXPECT_THAT(error("BadQuota"), HasSubstr("max_age: must be 1 ms to 366 days, is 0"));
  EXPECT_THAT(error("BurstQuota"), HasSubstr("per, burst: only with messages"));
}

TEST(StreamUseTest, EachBoundHolds) {
  StreamQuota messages;
  messages.max_messages = 2;
  StreamUse three(&messages);
  EXPECT_EQ(three.Add(1'000'000, 0), "");
  EXPECT_EQ(three.Add(1'000'000, 0), "");
  EXPECT_EQ(three.Add(0, 0), "more than 2 messages");

  StreamQuota bytes;
  bytes.max_bytes = 10;
  StreamUse ten(&bytes);
  EXPECT_EQ(ten.Add(10, 0), "");
  EXPECT_EQ(ten.Add(0, 0), "");
  EXPECT_EQ(ten.Add(1, 0), "more than 10 bytes");

  StreamQuota rate;
  rate.rate = LimitSpec{.requests = 2, .per = absl::Seconds(1), .burst = 3};
  StreamUse slow(&rate);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(slow.Add(1, 7), "");
  EXPECT_EQ(slow.Add(1, 7), "more than 2 messages per 1s");
  EXPECT_EQ(slow.Add(1, 500'000'007), "");
  EXPECT_EQ(slow.Add(1, 400'000'000), "more than 2 messages per 1s") << "time does not go back";
}

}  // namespace
}  // namespace warden
