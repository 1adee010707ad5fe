#include "tests/e2e/counted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// The value of a label in a sample's text.
std::string Label(const std::string& sample, const std::string& name) {
  const std::string start = name + "=\"";
  const size_t at = sample.find(start);
  if (at == std::string::npos) return "";
  const size_t value = at + start.size();
  return sample.substr(value, sample.find('"', value) - value);
}

std::map<std::string, double> DecisionsOf(const World& world) {
  std::map<std::string, double> decisions;
  for (const auto& [sample, value] : world.Metrics()) {
    if (!absl::StartsWith(sample, "warden_decisions_total{")) continue;
    decisions[Label(sample, "method") + " " + Label(sample, "reason")] += value;
  }
  return decisions;
}

std::string FullName(const std::string& method) {
  return method == "unknown" || method[0] == '/' ? method : "/warden.testing.v1.Probe/" + method;
}

}  // namespace

Counted::Counted(World& world)
    : world_(world),
      runs_(world.runs()),
      records_(world.sink().records().size()),
      decisions_(DecisionsOf(world)) {}

std::map<std::string, double> Counted::NewDecisions() const {
  std::map<std::string, double> now = DecisionsOf(world_);
  for (const auto& [key, value] : decisions_) now[key] -= value;
  std::erase_if(now, [](const auto& entry) { return entry.second == 0; });
  return now;
}

void Counted::ExpectRefused(const std::string& method, const Answer& answer,
                            const Refused& as) const {
  EXPECT_EQ(answer.code, as.code) << answer.text;
  EXPECT_EQ(answer.reason, as.reason);
  EXPECT_EQ(answer.domain, "warden");
  EXPECT_FALSE(answer.text.empty());
  EXPECT_THAT(answer.replies, IsEmpty());
  const std::string request_id = answer.Trailer("x-request-id");
  EXPECT_EQ(request_id.size(), 36u);
  ExpectRefusedUnseen(method, as.label);
  const std::vector<RefusalRecord> records = world_.sink().records();
  if (!records.empty()) {
    EXPECT_EQ(records.back().request_id, request_id);
  }
}

void Counted::ExpectRefusedUnseen(const std::string& method, const std::string& label,
                                  int times) const {
  EXPECT_THAT(NewDecisions(), ElementsAre(Pair(FullName(method) + " " + label, times)));
  EXPECT_EQ(world_.runs(), runs_) << "a handler ran";
  const std::vector<RefusalRecord> records = world_.sink().records();
  ASSERT_EQ(records.size(), records_ + static_cast<size_t>(times));
  for (size_t i = records_; i < records.size(); ++i) {
    EXPECT_EQ(records[i].method, FullName(method));
    EXPECT_EQ(records[i].reason, label);
    EXPECT_FALSE(records[i].stage.empty());
  }
}

void Counted::ExpectAllowed(const std::string& method, const Answer& answer) const {
  EXPECT_EQ(answer.code, grpc::StatusCode::OK) << answer.text << " " << world_.sink().all();
  EXPECT_EQ(answer.Trailer("x-request-id").size(), 36u);
  EXPECT_THAT(NewDecisions(), ElementsAre(Pair(FullName(method) + " ok", 1)));
  EXPECT_EQ(world_.runs(), runs_ + 1);
  EXPECT_EQ(world_.sink().records().size(), records_);
}

void Counted::ExpectNothing() const {
  EXPECT_THAT(NewDecisions(), IsEmpty());
  EXPECT_EQ(world_.runs(), runs_) << "a handler ran";
  EXPECT_EQ(world_.sink().records().size(), records_);
}

}  // namespace warden::testing
