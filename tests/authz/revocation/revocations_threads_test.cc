#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "authz/revocation/revocations.h"

namespace warden {
namespace {

// Readers look at one entry that always is there and at one that comes and goes, while writers
// change, replace, list and drop.
TEST(RevocationsThreadsTest, ReadersAlwaysSeeWhatStays) {
  const auto entry = [](const std::string& id) {
    return *NormalRevocation({.key = {RevocationKind::kApiKey, "", id}}, absl::UnixEpoch());
  };
  Revocations list(1000);
  ASSERT_TRUE(list.Apply(RevocationSource::kShared, {{entry("stays")}}).ok());
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        if (list.Check({.api_key_id = "stays"}, absl::Now()) != RevocationVerdict::kApiKeyRevoked) {
          ++wrong;
        }
        list.Check({.api_key_id = "comes"}, absl::Now());
        list.List(RevocationSource::kShared, 0, 10);
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    std::vector<RevocationChange> changes;
    for (int j = 0; j < 100; ++j)
      changes.push_back({entry(absl::StrCat(i % 3, "-", j)), i % 2 == 1});
    changes.push_back({entry("comes"), i % 2 == 1});
    EXPECT_TRUE(list.Apply(RevocationSource::kShared, changes).ok());
    EXPECT_TRUE(list.Replace(RevocationSource::kLocal, {entry("comes")}).ok());
    EXPECT_TRUE(list.Replace(RevocationSource::kLocal, {}).ok());
    list.DropExpired(absl::UnixEpoch());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace warden
