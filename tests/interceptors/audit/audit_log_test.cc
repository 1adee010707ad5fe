// The life of a log: restarts, rotations, kills.
#include "interceptors/audit/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/interceptors/audit/audit_testing.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using testing::Records;
using ::testing::StartsWith;

class AuditLogTest : public testing::LogFixture {
 protected:
  // All files of the log, the oldest first.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (int i = 99; i > 0; --i) {
      const std::string name = File(absl::StrCat("audit.log.", i));
      if (std::filesystem::exists(name)) files.push_back(name);
    }
    files.push_back(File());
    return files;
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const std::string& file : Files()) {
      for (const nlohmann::json& record : Records(file)) {
        if (record.contains("request_id")) ids.push_back(record["request_id"]);
      }
    }
    return ids;
  }
};

TEST_F(AuditLogTest, WritesWhatItIsGivenAndCloses) {
  Start();
  PutMany(3);
  Stop();
  const std::vector<nlohmann::json> records = Records(File());
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[0]["event"], "opened");
  EXPECT_EQ(records[0]["cause"], "created");
  EXPECT_EQ(records[0]["chain"], "sha256");
  EXPECT_EQ(records[0]["prev"], std::string(64, '0'));
  EXPECT_FALSE(records[0].contains("unclean"));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(records[static_cast<size_t>(i)]["seq"], i + 1);
    EXPECT_EQ(records[static_cast<size_t>(i)]["request_id"], absl::StrCat("id-", i - 1));
    EXPECT_EQ(records[static_cast<size_t>(i)]["prev"], records[static_cast<size_t>(i - 1)]["hash"]);
  }
  EXPECT_EQ(records[4]["event"], "closed");
  EXPECT_TRUE(Verify({File()}).whole());
}

TEST_F(AuditLogTest, RecordsAreThereSoonWithoutMoreOfThem) {
  Start();
  for (int i = 1; i <= 3; ++i) {
    Put("one");
    // Also after the writer has gone to sleep.
    EXPECT_TRUE(Written(static_cast<uint64_t>(i)));
    absl::SleepFor(absl::Milliseconds(150));
  }
}

TEST_F(AuditLogTest, ARestartContinuesTheChain) {
  for (int run = 0; run < 3; ++run) {
    Start();
    PutMany(2);
    Stop();
  }
  const std::vector<nlohmann::json> records = Records(File());
  ASSERT_EQ(records.size(), 12u);
  EXPECT_EQ(records[4]["cause"], "continued");
  EXPECT_FALSE(records[4].contains("unclean"));
  const AuditVerdict verdict = Verify({File()});
  EXPECT_EQ(verdict.broken, "");
  EXPECT_EQ(verdict.records, 12u);
  EXPECT_EQ(verdict.last.seq, 12u);
}

TEST_F(AuditLogTest, AnAlteredLastRecordIsNotContinued) {
  Start();
  Stop();
  std::string text = testing::ReadAll(File());
  text.replace(text.find("\"closed\""), 8, "\"opened\"");
  testing::WriteAll(File(), text);
  EXPECT_THAT(std::string(TryStart().message()),
              HasSubstr("its last record was altered, or made under another chain key"));
  EXPECT_EQ(testing::ReadAll(File()), text) << "it is left as it is";
}

TEST_F(AuditLogTest, AnotherKeyIsNotContinued) {
  options_.chain_key = std::string(32, 'a');
  Start();
  Stop();
  EXPECT_EQ(Records(File())[0]["chain"], "hmac-sha256");
  EXPECT_TRUE(Verify({File()}).whole());
  options_.chain_key = std::string(32, 'b');
  EXPECT_THAT(std::string(TryStart().message()), HasSubstr("another chain key"));
  EXPECT_FALSE(Verify({File()}).whole());
}

TEST_F(AuditLogTest, RotatesBySizeAndKeepsTheNewest) {
  options_.max_file_bytes = 4096;
  options_.max_files = 4;
  Start();
  for (int i = 0; i < 100; ++i) {
    Put(absl::StrCat("id-", i));
    if (i % 7 == 0) {
      EXPECT_TRUE(Written(static_cast<uint64_t>(i + 1)));
    }
  }
  Stop();
  const std::vector<std::string> files = Files();
  ASSERT_EQ(files.size(), 4u) << "as many as are to be kept";
  for (const std::string& file : files) {
    EXPECT_LE(std::filesystem::file_size(file), 4096u) << file;
    EXPECT_EQ(Records(file)[0]["cause"], "rotated");
    EXPECT_EQ(Records(file)[0]["previous_file"], "audit.log.1") << "as it was called then";
    struct stat status {};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
  }
  EXPECT_EQ(Records(files[1])[0]["prev"], Records(files[0]).back()["hash"]);
  // In whatever order they are given.
  const AuditVerdict verdict = Verify({files[3], files[0], files[2], files[1]});
  EXPECT_EQ(verdict.broken, "");
  EXPECT_GT(verdict.first_seq, 1u);
  EXPECT_EQ(Ids().back(), "id-99");
  // And a restart goes on.
  Start();
  Stop();
  EXPECT_TRUE(Verify(Files()).whole());
}

TEST_F(AuditLogTest, OneFileIsEnough) {
  options_.max_file_bytes = 4096;
  options_.max_files = 1;
  Start();
  for (int i = 0; i < 30; ++i) {
    Put("id");
    EXPECT_TRUE(Written(static_cast<uint64_t>(i + 1)));
  }
  Stop();
  EXPECT_EQ(Files().size(), 1u);
  EXPECT_LE(std::filesystem::file_size(File()), 4096u);
  EXPECT_TRUE(Verify({File()}).whole());
}

// As logrotate does it: rename, make a new file or not, signal.
TEST_F(AuditLogTest, ReopensAfterARotationByOthers) {
  Start();
  PutMany(2);
  ASSERT_TRUE(Written(2));
  std::filesystem::rename(File(), File("audit.log-20260131"));
  PutMany(2);
  ASSERT_TRUE(Written(4)) << "into the renamed file, until it is told";
  log_->Reopen();
  ASSERT_TRUE(testing::Eventually([&] { return std::filesystem::exists(File()); }));
  PutMany(2);
  Stop();
  EXPECT_EQ(Records(File("audit.log-20260131")).size(), 5u);
  EXPECT_EQ(Records(File())[0]["cause"], "reopened");
  EXPECT_TRUE(Verify({File("audit.log-20260131"), File()}).whole());
  EXPECT_EQ(log_, nullptr);
}

TEST_F(AuditLogTest, ReopeningTheSameFileChangesNothing) {
  Start();
  PutMany(1);
  ASSERT_TRUE(Written(1));
  log_->Reopen();
  PutMany(1);
  Stop();
  EXPECT_EQ(Records(File()).size(), 4u);
}

TEST_F(AuditLogTest, AForeignFileInItsPlaceIsNotTaken) {
  Start();
  PutMany(1);
  ASSERT_TRUE(Written(1));
  std::filesystem::rename(File(), File("moved"));
  testing::WriteAll(File(), "foreign\n");
  std::filesystem::permissions(File(), std::filesystem::perms(0600));
  log_->Reopen();
  PutMany(1);
  ASSERT_TRUE(Written(2));
  Stop();
  EXPECT_EQ(testing::ReadAll(File()), "foreign\n");
  EXPECT_EQ(Records(File("moved")).size(), 4u) << "the old one stayed in use";
  EXPECT_THAT(reports_->text(), HasSubstr("a file that is not empty is in the audit log's place"));
}

TEST_F(AuditLogTest, ADeletedFileIsReplacedAtTheNextRecord) {
  Start();
  PutMany(1);
  ASSERT_TRUE(Written(1));
  std::filesystem::remove(File());
  PutMany(1);
  ASSERT_TRUE(Written(2));
  Stop();
  const std::vector<nlohmann::json> records = Records(File());
  EXPECT_EQ(records[0]["cause"], "replaced");
  EXPECT_EQ(records[0]["seq"], 3);
  EXPECT_THAT(reports_->text(), HasSubstr("was deleted"));
}

TEST_F(AuditLogTest, AFileThatOthersWroteToIsSetAside) {
  Start();
  PutMany(1);
  ASSERT_TRUE(Written(1));
  std::ofstream(File(), std::ios::app) << "made up";
  PutMany(1);
  ASSERT_TRUE(Written(2));
  Stop();
  EXPECT_THAT(testing::ReadAll(File("audit.log.1")), HasSubstr("made up"));
  EXPECT_EQ(Records(File())[0]["cause"], "replaced");
  EXPECT_EQ(Records(File())[1]["request_id"], "id-0");
  EXPECT_THAT(reports_->text(), HasSubstr("was written or cut by somebody else"));
  EXPECT_THAT(Verify({File("audit.log.1"), File()}).broken, HasSubstr("audit.log.1:3: "));
}

TEST_F(AuditLogTest, AHalfWrittenLineIsRepairedAndKept) {
  Start();
  PutMany(2);
  Stop();
  std::string text = testing::ReadAll(File());
  const size_t last = text.rfind("{\"seq\"");
  const std::string torn = text.substr(last, 100);
  testing::WriteAll(File(), text.substr(0, last) + torn);
  EXPECT_THAT(Verify({File()}).broken, HasSubstr("audit.log:4: is half-written"));
  Start();
  Stop();
  const std::vector<nlohmann::json> records = Records(File());
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(records[3]["event"], "repaired");
  EXPECT_EQ(records[3]["torn_bytes"], 100);
  EXPECT_EQ(records[3]["torn"], torn);
  EXPECT_EQ(records[4]["cause"], "continued");
  EXPECT_EQ(records[4]["unclean"], true);
  const AuditVerdict verdict = Verify({File()});
  EXPECT_EQ(verdict.broken, "");
  EXPECT_EQ(verdict.repaired, 1u);
  EXPECT_EQ(verdict.unclean, 1u);
  EXPECT_THAT(reports_->text(), HasSubstr("took out a half-written line of 100 bytes"));
}

TEST_F(AuditLogTest, AFirstLineThatIsHalfWrittenIsRepaired) {
  testing::WriteAll(File(), "{\"seq\":1,\"ti");
  std::filesystem::permissions(File(), std::filesystem::perms(0600));
  Start();
  Stop();
  EXPECT_EQ(Records(File())[0]["event"], "opened");
  EXPECT_EQ(Records(File())[1]["event"], "repaired");
  EXPECT_TRUE(Verify({File()}).whole());
}

TEST_F(AuditLogTest, AnEmptyFileContinuesTheRotatedOne) {
  Start();
  PutMany(1);
  Stop();
  std::filesystem::rename(File(), File("audit.log.1"));
  Start();
  Stop();
  EXPECT_EQ(Records(File())[0]["cause"], "rotated");
  EXPECT_EQ(Records(File())[0]["previous_file"], "audit.log.1");
  EXPECT_EQ(Records(File())[0]["seq"], 4);
  EXPECT_TRUE(Verify({File("audit.log.1"), File()}).whole());
}

// Kills a process that writes, several times, and looks at what it left.
TEST_F(AuditLogTest, AKillLosesNothingThatWasWritten) {
  options_.max_file_bytes = 64 << 10;
  options_.max_files = 99;
  for (int round = 0; round < 4; ++round) {
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(told[0]);
      if (!TryStart().ok()) _exit(3);
      for (int i = 0;; ++i) {
        Put(absl::StrCat("id-", i));
        const uint64_t written = log_->stats().written;
        if (write(told[1], &written, sizeof written) != sizeof written) _exit(4);
      }
    }
    close(told[1]);
    uint64_t written = 0;
    uint64_t last = 0;
    while (last < 50 + 300u * static_cast<uint64_t>(round) &&
           read(told[0], &last, sizeof last) == sizeof last) {
      written = last;
    }
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    close(told[0]);
    EXPECT_GE(Ids().size(), written) << "what was counted as written is there";
  }
  const size_t before = Ids().size();
  Start();
  Stop();
  EXPECT_EQ(Ids().size(), before);
  const AuditVerdict verdict = Verify(Files());
  EXPECT_EQ(verdict.broken, "");
  EXPECT_EQ(verdict.unclean, 4u) << "each restart but the first found that";
}

TEST_F(AuditLogTest, EachRecordIsSyncedWhereAsked) {
  options_.sync = AuditSync::kEachRecord;
  Start();
  PutMany(20);
  ASSERT_TRUE(Written(20));
  EXPECT_GT(log_->stats().last_sync_ms.load(), 0);
  Stop();
  EXPECT_TRUE(Verify({File()}).whole());
}

TEST_F(AuditLogTest, ManyThreads) {
  options_.when_full = WhenFull::kBlock;
  options_.queue_records = 16;
  options_.max_file_bytes = 64 << 10;
  options_.max_files = 99;
  Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] { PutMany(500); });
  }
  for (int i = 0; i < 20; ++i) {
    log_->Reopen();
    log_->Families();
  }
  for (std::thread& thread : threads) thread.join();
  Stop();
  EXPECT_EQ(Ids().size(), 2000u) << "blocking loses none";
  EXPECT_EQ(Verify(Files()).broken, "");
}

TEST_F(AuditLogTest, MetricsSayWhatHappened) {
  Start();
  PutMany(3);
  ASSERT_TRUE(Written(3));
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : log_->Families()) {
    EXPECT_THAT(family.name, StartsWith("warden_audit_"));
    for (const prometheus::ClientMetric& sample : family.metric) {
      values[family.name + (sample.label.empty() ? "" : "/" + sample.label[0].value)] =
          family.type == prometheus::MetricType::Counter ? sample.counter.value
                                                         : sample.gauge.value;
    }
  }
  EXPECT_EQ(values["warden_audit_records_total/written"], 3);
  EXPECT_EQ(values["warden_audit_records_total/dropped"], 0);
  EXPECT_EQ(values["warden_audit_last_sequence"], 4);
  EXPECT_EQ(values["warden_audit_queue_capacity"], 8192);
  EXPECT_EQ(values["warden_audit_failing"], 0);
  EXPECT_TRUE(testing::Eventually([&] { return log_->stats().last_sync_ms > 0; }));
  EXPECT_TRUE(values.contains("warden_audit_write_errors_total/file"));
}

}  // namespace
}  // namespace warden
