#include "interceptors/observe/refusal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Lines {
 public:
  std::function<void(std::string_view)> writer() {
    return [this](std::string_view line) {
      std::lock_guard<std::mutex> lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  std::vector<std::string> get() {
    std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

DecisionRecord Refusal(absl::Time time = absl::FromUnixMillis(1'700'000'000'123)) {
  DecisionRecord record;
  record.time = time;
  record.request_id = "018bcfe5-687b-7000-8000-000000000000";
  record.method = "/shop.v1.Orders/Create";
  record.reason = "permission_missing";
  record.stage = "access";
  return record;
}

// As the guard does it.
void Offer(RefusalLog& log, const DecisionRecord& record) {
  if (log.Wants(record.time)) log.Record(record);
}

TEST(RefusalLogTest, WritesOneJsonLine) {
  Lines lines;
  RefusalLog log({.write = lines.writer()});
  DecisionRecord record = Refusal();
  record.peer = "spiffe://shop.example/web";
  record.address = "ipv4:127.0.0.1:5000";
  record.principal = "alice";
  record.detail = "needs \"orders.create\"";
  log.Record(record);
  ASSERT_THAT(lines.get(), SizeIs(1));
  EXPECT_EQ(
      lines.get()[0],
      "{\"time\":\"2023-11-14T22:13:20.123000Z\",\"request_id\":\"018bcfe5-687b-7000-8000-"
      "000000000000\",\"method\":\"/shop.v1.Orders/Create\",\"peer\":\"spiffe://shop.example/web\","
      "\"address\":\"ipv4:127.0.0.1:5000\",\"principal\":\"alice\",\"reason\":\"permission_"
      "missing\","
      "\"stage\":\"access\",\"detail\":\"needs \\\"orders.create\\\"\"}\n");
  EXPECT_EQ(nlohmann::json::parse(lines.get()[0])["detail"], "needs \"orders.create\"");
}

TEST(RefusalLogTest, AllowedCallsAreNotWritten) {
  Lines lines;
  RefusalLog log({.write = lines.writer()});
  DecisionRecord record = Refusal();
  record.allowed = true;
  log.Record(record);
  EXPECT_THAT(lines.get(), IsEmpty());
  EXPECT_EQ(log.dropped(), 0u);
}

TEST(RefusalLogTest, NotesSayWhatTheyAre) {
  Lines lines;
  RefusalLog log({.write = lines.writer()});
  DecisionRecord record = Refusal();
  record.allowed = true;
  record.policy = "abc";
  for (const DecisionEvent event :
       {DecisionEvent::kBreakGlass, DecisionEvent::kShadowDifference, DecisionEvent::kObserved,
        DecisionEvent::kHiddenError, DecisionEvent::kResponse}) {
    record.event = event;
    log.Record(record);
  }
  ASSERT_THAT(lines.get(), SizeIs(5));
  EXPECT_EQ(nlohmann::json::parse(lines.get()[3])["event"], "hidden_error");
  EXPECT_EQ(nlohmann::json::parse(lines.get()[4])["event"], "response");
  EXPECT_EQ(nlohmann::json::parse(lines.get()[0])["event"], "break_glass");
  EXPECT_EQ(nlohmann::json::parse(lines.get()[1])["event"], "shadow_difference");
  EXPECT_EQ(nlohmann::json::parse(lines.get()[2])["event"], "observed");
  EXPECT_EQ(nlohmann::json::parse(lines.get()[2])["policy"], "abc");
}

TEST(RefusalLogTest, NotesAndRefusalsDoNotCrowdEachOtherOut) {
  Lines lines;
  RefusalLog log({.write = lines.writer(), .lines_per_second = 1, .burst = 2});
  const absl::Time now = Refusal().time;
  EXPECT_TRUE(log.WantsNote(now));
  EXPECT_TRUE(log.WantsNote(now));
  EXPECT_FALSE(log.WantsNote(now));
  EXPECT_EQ(log.dropped(), 1u);
  EXPECT_TRUE(log.Wants(now));
  EXPECT_TRUE(log.Wants(now));
  EXPECT_FALSE(log.Wants(now));
  EXPECT_TRUE(log.WantsNote(now + absl::Seconds(1)));
}

TEST(RefusalLogTest, EmptyValuesAreLeftOut) {
  Lines lines;
  RefusalLog log({.write = lines.writer()});
  log.Record(Refusal());
  const auto json = nlohmann::json::parse(lines.get().at(0));
  EXPECT_FALSE(json.contains("peer"));
  EXPECT_FALSE(json.contains("detail"));
  EXPECT_FALSE(json.contains("dropped"));
}

TEST(RefusalLogTest, HostileValuesCannotForgeLinesOrHarmATerminal) {
  Lines lines;
  RefusalLog log({.write = lines.writer()});
  DecisionRecord record = Refusal();
  const std::string hostile = "x\"}\n{\"reason\":\"ok\"}\x1b[2J\xe2\x80\xae\xff";
  record.method = record.peer = record.address = record.principal = record.detail = hostile;
  record.request_id = record.reason = record.stage = hostile;
  log.Record(record);
  ASSERT_THAT(lines.get(), SizeIs(1));
  const std::string line = lines.get()[0];
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json.size(), 9u);
  EXPECT_EQ(json["principal"], "x\"}\\x0a{\"reason\":\"ok\"}\\x1b[2J\\u{202e}\\xff");
}

TEST(RefusalLogTest, LinesAreBounded) {
  Lines lines;
  RefusalLog log({.write = lines.writer()});
  for (char c : {'x', '"', '\\', '\n', '\xff'}) {
    const std::string huge(1 << 20, c);
    DecisionRecord record = Refusal();
    record.request_id = record.method = record.peer = record.address = record.principal = huge;
    record.reason = record.stage = record.detail = huge;
    log.Record(record);
  }
  ASSERT_THAT(lines.get(), SizeIs(5));
  for (const std::string& line : lines.get()) {
    EXPECT_LE(line.size(), RefusalLog::kMaxLineBytes);
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
}

TEST(RefusalLogTest, AFloodIsCountedNotWritten) {
  Lines lines;
  RefusalLog log({.write = lines.writer(), .lines_per_second = 10, .burst = 5});
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  for (int i = 0; i < 100; ++i) Offer(log, Refusal(start));
  EXPECT_THAT(lines.get(), SizeIs(5));
  EXPECT_EQ(log.dropped(), 95u);
  Offer(log, Refusal(start + absl::Milliseconds(99)));
  EXPECT_THAT(lines.get(), SizeIs(5));
  Offer(log, Refusal(start + absl::Milliseconds(200)));
  ASSERT_THAT(lines.get(), SizeIs(6));
  EXPECT_EQ(nlohmann::json::parse(lines.get()[5])["dropped"], 96);
  Offer(log, Refusal(start + absl::Milliseconds(300)));
  ASSERT_THAT(lines.get(), SizeIs(7));
  EXPECT_FALSE(nlohmann::json::parse(lines.get()[6]).contains("dropped"));
}

TEST(RefusalLogTest, AClockThatIsSetBackNeitherStopsNorFloodsTheLog) {
  Lines lines;
  RefusalLog log({.write = lines.writer(), .lines_per_second = 1, .burst = 2});
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (int i = 0; i < 10; ++i) Offer(log, Refusal(now - absl::Hours(i)));
  EXPECT_THAT(lines.get(), SizeIs(2));
  Offer(log, Refusal(now - absl::Hours(9) + absl::Seconds(1)));
  EXPECT_THAT(lines.get(), SizeIs(3));
}

TEST(RefusalLogTest, ZeroLinesPerSecondWriteNone) {
  Lines lines;
  RefusalLog log({.write = lines.writer(), .lines_per_second = 0});
  Offer(log, Refusal());
  EXPECT_THAT(lines.get(), IsEmpty());
  EXPECT_EQ(log.dropped(), 1u);
}

TEST(RefusalLogTest, WritesToStderrByDefault) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  RefusalLog log;
  Offer(log, Refusal());
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::rewind(file);
  char buffer[4096] = {};
  const size_t size = std::fread(buffer, 1, sizeof buffer, file);
  std::fclose(file);
  EXPECT_THAT(std::string(buffer, size), HasSubstr("\"reason\":\"permission_missing\""));
}

TEST(RefusalLogTest, ThreadsNeitherLoseNorExceed) {
  Lines lines;
  RefusalLog log({.write = lines.writer(), .lines_per_second = 1, .burst = 100});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) Offer(log, Refusal());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(lines.get(), SizeIs(100));
  EXPECT_EQ(log.dropped(), 3900u);
}

}  // namespace
}  // namespace warden
