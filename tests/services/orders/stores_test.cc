#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/orders/memory_store.h"

namespace orders {
namespace {

using ::testing::ElementsAre;

OrderRecord Record(const std::string& id, const std::string& owner) {
  OrderRecord record;
  record.owner_key = owner;
  record.order.set_id(id);
  record.order.set_state(v1::ORDER_STATE_PLACED);
  return record;
}

std::vector<std::string> Ids(const OrderStore& store, const OrderQuery& query) {
  std::vector<std::string> ids;
  const std::vector<OrderRecord> records = store.List(query).value();
  for (const OrderRecord& record : records) ids.push_back(record.order.id());
  return ids;
}

TEST(MemoryStore, InsertsAllOrNothing) {
  MemoryStore store(3);
  ASSERT_TRUE(store.Insert({Record("a", "x")}).ok());
  EXPECT_EQ(store.Insert({Record("b", "x"), Record("a", "x")}).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store.Insert({Record("c", "x"), Record("c", "x")}).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store.Insert({Record("b", "x"), Record("c", "x"), Record("d", "x")}).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Ids(store, {}), ElementsAre("a"));
  // What failed left no trace behind.
  EXPECT_TRUE(store.Insert({Record("b", "x"), Record("c", "y")}).ok());
  EXPECT_THAT(Ids(store, {}), ElementsAre("a", "b", "c"));
}

TEST(MemoryStore, ListsByOwnerStateAndLimit) {
  MemoryStore store(10);
  ASSERT_TRUE(store.Insert({Record("a", "x"), Record("b", "y"), Record("c", "x")}).ok());
  OrderQuery query;
  query.owner_key = "x";
  EXPECT_THAT(Ids(store, query), ElementsAre("a", "c"));
  query.limit = 1;
  EXPECT_THAT(Ids(store, query), ElementsAre("a"));
  query.owner_key = "nobody";
  EXPECT_THAT(Ids(store, query), ElementsAre());
  query = OrderQuery();
  query.state = v1::ORDER_STATE_CANCELLED;
  EXPECT_THAT(Ids(store, query), ElementsAre());
}

TEST(MemoryStore, AFailedChangeChangesNothing) {
  MemoryStore store(10);
  ASSERT_TRUE(store.Insert({Record("a", "x")}).ok());
  const auto failed = store.Update("a", [](OrderRecord& record) -> absl::Status {
    record.order.set_note("half done");
    return absl::FailedPreconditionError("no");
  });
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store.Get("a")->order.note(), "");
  const auto missing =
      store.Update("b", [](OrderRecord&) -> absl::Status { return absl::OkStatus(); });
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store.Get("b").status().code(), absl::StatusCode::kNotFound);
}

TEST(MemoryStore, ChangesOfManyThreadsAreNotLost) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 500;
  MemoryStore store(kThreads * kRounds + 1);
  ASSERT_TRUE(store.Insert({Record("shared", "x")}).ok());
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const auto added = store.Update("shared", [](OrderRecord& record) -> absl::Status {
          record.order.set_total_cents(record.order.total_cents() + 1);
          return absl::OkStatus();
        });
        if (!added.ok() || !store.Insert({Record(absl::StrCat(t, "-", i), "x")}).ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(store.Get("shared")->order.total_cents(), kThreads * kRounds);
  OrderQuery all;
  all.limit = 100'000;
  EXPECT_EQ(Ids(store, all).size(), kThreads * kRounds + 1);
}

}  // namespace
}  // namespace orders
