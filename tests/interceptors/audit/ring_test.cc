#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "interceptors/audit/entry_ring.h"

namespace warden {
namespace {

bool PushNumber(EntryRing* ring, int64_t number) {
  return ring->Push([&](AuditEntry& entry) { entry.duration_ns = number; });
}

TEST(EntryRingTest, KeepsOrderAndIsFullWhenFull) {
  EntryRing ring(3);
  EXPECT_EQ(ring.capacity(), 4u);
  EXPECT_EQ(ring.Peek(0), nullptr);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(PushNumber(&ring, i));
    EXPECT_FALSE(PushNumber(&ring, 4)) << "full";
    EXPECT_EQ(ring.size(), 4u);
    EXPECT_EQ(ring.Peek(4), nullptr);
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(ring.Peek(i)->duration_ns, static_cast<int64_t>(i));
    ring.Release(1);
    EXPECT_TRUE(PushNumber(&ring, 9)) << "one was given back";
    EXPECT_FALSE(PushNumber(&ring, 10));
    EXPECT_EQ(ring.Peek(3)->duration_ns, 9);
    ring.Release(4);
    EXPECT_EQ(ring.size(), 0u);
    EXPECT_EQ(ring.Peek(0), nullptr);
  }
}

TEST(EntryRingTest, FieldsKeepTheirPlaces) {
  AuditEntry entry;
  entry.Set(AuditField::kMethod, "method");
  entry.Set(AuditField::kPeer, "peer");
  entry.Set(AuditField::kRequestId, "id");
  EXPECT_EQ(entry.Get(AuditField::kMethod), "method");
  EXPECT_EQ(entry.Get(AuditField::kPrincipal), "");
  EXPECT_EQ(entry.Get(AuditField::kPeer), "peer");
  EXPECT_EQ(entry.Get(AuditField::kRequestId), "id");
  EXPECT_EQ(entry.Get(AuditField::kParentSpanId), "");
}

TEST(EntryRingTest, ThreadsLoseNothingAndKeepTheirOwnOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  EntryRing ring(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&ring, t] {
      for (int i = 0; i < kEach; ++i) {
        while (!PushNumber(&ring, t * kEach + i)) std::this_thread::yield();
      }
    });
  }
  std::map<int64_t, int64_t> next;
  for (int read = 0; read < kThreads * kEach;) {
    const AuditEntry* const entry = ring.Peek(0);
    if (entry == nullptr) {
      std::this_thread::yield();
      continue;
    }
    const int64_t thread = entry->duration_ns / kEach;
    ASSERT_EQ(entry->duration_ns % kEach, next[thread]++);
    ring.Release(1);
    ++read;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ring.size(), 0u);
}

}  // namespace
}  // namespace warden
