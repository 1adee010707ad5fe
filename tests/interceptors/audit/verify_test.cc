// What a verification finds, each fault in a log that was good.
#include "interceptors/audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/interceptors/audit/audit_testing.h"

namespace warden {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class VerifyTest : public testing::LogFixture {
 protected:
  // opened, id-0 to id-4, closed.
  void SetUp() override {
    Start();
    PutMany(5);
    Stop();
    lines_ = testing::Lines(File());
    ASSERT_EQ(lines_.size(), 7u);
    ASSERT_EQ(Verify({File()}).broken, "");
  }
  // What is said of these lines, without the folder.
  std::string Broken(const std::vector<std::string>& lines, const ChainAnchor& anchor = {}) {
    testing::WriteAll(File(), absl::StrJoin(lines, "\n") + "\n");
    const std::string broken = Verify({File()}, anchor).broken;
    return broken.substr(broken.rfind('/') + 1);
  }
  // The chain made anew, as who can write the file can.
  std::vector<std::string> Relinked(const std::vector<std::string>& lines) const {
    const HashChain chain("");
    ChainHead head;
    std::vector<std::string> made;
    for (const std::string& line : lines) {
      const size_t members = line.find("\"time\"");
      std::string linked =
          chain.Link(line.substr(members, line.find(",\"prev\"") - members), &head);
      linked.pop_back();
      made.push_back(std::move(linked));
    }
    return made;
  }

  std::vector<std::string> lines_;
};

TEST_F(VerifyTest, AnAlteredRecord) {
  for (size_t i = 0; i < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    const size_t at = lines[i].find("2023") != std::string::npos ? lines[i].find("2023")
                                                                 : lines[i].find("\"time\":\"") + 8;
    lines[i][at] = lines[i][at] == '1' ? '2' : '1';
    EXPECT_EQ(Broken(lines), absl::StrCat("audit.log:", i + 1, ": was altered: the hash of record ",
                                          i + 1, " is not that of its content"));
  }
}

TEST_F(VerifyTest, EverySingleByteCounts) {
  const std::string good = testing::ReadAll(File());
  for (size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    testing::WriteAll(File(), bad);
    EXPECT_FALSE(Verify({File()}).whole()) << i;
  }
}

TEST_F(VerifyTest, ARecordThatWasCutOut) {
  std::vector<std::string> lines = lines_;
  lines.erase(lines.begin() + 3);
  EXPECT_EQ(Broken(lines), "audit.log:4: record 5 follows 3: 1 record between them missing");
  lines.erase(lines.begin() + 3);
  EXPECT_EQ(Broken(lines), "audit.log:4: record 6 follows 3: 2 records between them missing");
}

TEST_F(VerifyTest, RecordsInAnotherOrderOrTwice) {
  std::vector<std::string> lines = lines_;
  std::swap(lines[2], lines[3]);
  EXPECT_EQ(Broken(lines), "audit.log:3: record 4 follows 2: 1 record between them missing");
  lines = lines_;
  lines.insert(lines.begin() + 3, lines[2]);
  EXPECT_EQ(Broken(lines),
            "audit.log:4: record 3 follows 3: out of order, repeated, or of another chain");
}

TEST_F(VerifyTest, ABeginningThatWasCutOff) {
  std::vector<std::string> lines = lines_;
  lines.erase(lines.begin());
  EXPECT_EQ(Broken(lines),
            "audit.log:1: does not open the file: lines before record 2 were cut out");
}

// One record made anew, with a good hash of its own.
TEST_F(VerifyTest, ARecordThatWasReplaced) {
  std::vector<std::string> lines = lines_;
  const std::vector<std::string> forged = [&] {
    std::vector<std::string> changed = lines_;
    changed[2].replace(changed[2].find("id-1"), 4, "id-x");
    return Relinked(changed);
  }();
  lines[2] = forged[2];
  EXPECT_EQ(Broken(lines),
            "audit.log:4: record 4 does not continue the one before it, which was replaced");
}

// What a chain alone cannot show, and what an anchor or a key does.
TEST_F(VerifyTest, ATailThatWasCutOffNeedsAnAnchor) {
  std::vector<std::string> lines = lines_;
  const std::string last_hash(SplitChainedLine(lines.back())->hash);
  EXPECT_EQ(Broken(lines, {.seq = 7}), "");
  EXPECT_EQ(Broken(lines, {.hash = last_hash}), "");
  EXPECT_EQ(Broken(lines, {.seq = 3}), "") << "it has grown since";
  lines.pop_back();
  lines.pop_back();
  EXPECT_EQ(Broken(lines), "");
  EXPECT_EQ(Broken(lines, {.seq = 7}),
            "audit.log: ends at record 5, but 7 was written: 2 records cut off");
  EXPECT_THAT(Broken(lines, {.hash = last_hash}), HasSubstr("none has the expected hash"));
}

TEST_F(VerifyTest, AChainMadeAnewNeedsAKeyOrAnAnchor) {
  std::vector<std::string> changed = lines_;
  changed[2].replace(changed[2].find("id-1"), 4, "id-x");
  const std::string last_hash(SplitChainedLine(lines_.back())->hash);
  EXPECT_EQ(Broken(Relinked(changed)), "");
  EXPECT_THAT(Broken(Relinked(changed), {.hash = last_hash}), HasSubstr("written anew"));
  options_.chain_key = std::string(32, 'k');
  EXPECT_THAT(Broken(Relinked(changed)),
              HasSubstr("audit.log:1: begins a chain without a key, though one was given"));
}

TEST_F(VerifyTest, AKeyedChainNeedsItsKey) {
  std::filesystem::remove(File());
  options_.chain_key = std::string(32, 'k');
  Start();
  PutMany(1);
  Stop();
  EXPECT_EQ(Verify({File()}).broken, "");
  EXPECT_TRUE(Verify({File()}).keyed);
  options_.chain_key = std::string(32, 'x');
  EXPECT_THAT(Verify({File()}).broken, EndsWith("audit.log:1: was altered: the hash of record 1 is "
                                                "not that of its content, or another key made it"));
  options_.chain_key.clear();
  EXPECT_THAT(Verify({File()}).broken,
              EndsWith("audit.log:1: begins a chain under a key: give it with --key-file"));
}

TEST_F(VerifyTest, WhatIsNoLog) {
  EXPECT_EQ(Broken({"hello"}), "audit.log:1: is no record of an audit log");
  EXPECT_EQ(Broken({std::string(70'000, 'x')}), "audit.log:1: is longer than any record");
  testing::WriteAll(File(), "");
  EXPECT_EQ(Verify({File()}).broken, "there is no record in these files");
  testing::WriteAll(File(), lines_[0]);
  EXPECT_THAT(Verify({File()}).broken, HasSubstr("audit.log:1: is half-written"));
  const HashChain chain("");
  EXPECT_FALSE(VerifyAudit({File("none")}, chain, {}).ok());
}

TEST_F(VerifyTest, FilesMissingFromTheMiddle) {
  options_.max_file_bytes = 4096;
  Start();
  for (int i = 0; i < 40; ++i) {
    Put("id");
    ASSERT_TRUE(Written(static_cast<uint64_t>(i + 1)));
  }
  Stop();
  EXPECT_EQ(Verify({File("audit.log.3"), File("audit.log.2"), File("audit.log.1"), File()}).broken,
            "");
  const std::string broken = Verify({File("audit.log.3"), File("audit.log.1"), File()}).broken;
  EXPECT_THAT(broken, HasSubstr("audit.log.1:1: record "));
  EXPECT_THAT(broken, HasSubstr("(the last of "));
  EXPECT_THAT(broken, HasSubstr("between them missing"));
}

TEST_F(VerifyTest, CountsWhatTheLogSaysOfItself) {
  const AuditVerdict verdict = Verify({File()});
  EXPECT_EQ(verdict.records, 7u);
  EXPECT_EQ(verdict.first_seq, 1u);
  EXPECT_EQ(verdict.last.seq, 7u);
  EXPECT_EQ(verdict.last.hash, SplitChainedLine(lines_.back())->hash);
  EXPECT_EQ(verdict.unclean, 0u);
  EXPECT_EQ(verdict.files, std::vector<std::string>{File()});
}

}  // namespace
}  // namespace warden
