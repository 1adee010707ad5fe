// A disk that is full, gone or slow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/interceptors/audit/audit_testing.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using testing::Records;

// While it lives, no file of this process grows beyond some bytes: as a disk that is full, with the
// signal that ends processes which do not expect it.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit bounded = {.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &bounded);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class FaultsTest : public testing::LogFixture {
 protected:
  bool Failing() {
    return testing::Eventually([&] { return log_->stats().failing.load(); });
  }
  std::vector<std::string> Ids(const std::string& file) const {
    std::vector<std::string> ids;
    for (const nlohmann::json& record : Records(file)) {
      if (record.contains("request_id")) ids.push_back(record["request_id"]);
    }
    return ids;
  }
};

TEST_F(FaultsTest, AFullDiskDropsAndCountsAndRecovers) {
  options_.queue_records = 8;
  Start();
  PutMany(2);
  ASSERT_TRUE(Written(2));
  {
    // Room for one record and a half.
    const FullDisk full(std::filesystem::file_size(File()) + 450);
    for (int i = 0; i < 8; ++i) Put(absl::StrCat("waits-", i));
    ASSERT_TRUE(Failing());
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(Put("lost")) << "the call goes on";
    EXPECT_EQ(log_->stats().dropped, 5u);
    EXPECT_GT(log_->stats().write_errors[0], 0u);
    const std::string text = testing::ReadAll(File());
    EXPECT_EQ(text.back(), '\n') << "no half line stays";
    EXPECT_THAT(reports_->text(), HasSubstr("cannot be written: "));
    EXPECT_THAT(reports_->text(), HasSubstr("File too large"));
  }
  ASSERT_TRUE(Written(10)) << "what waited was written once there was room";
  EXPECT_FALSE(log_->stats().failing);
  Put("after");
  ASSERT_TRUE(Written(11));
  Stop();
  EXPECT_THAT(reports_->text(), HasSubstr("is written again"));
  EXPECT_THAT(reports_->text(), HasSubstr("5 records were lost: the queue was full"));
  const AuditVerdict verdict = Verify({File()});
  EXPECT_EQ(verdict.broken, "");
  EXPECT_EQ(verdict.dropped, 5u) << "the log itself says what it lost";
  EXPECT_EQ(Ids(File()).size(), 11u);
}

// A real one, where this process may mount.
TEST_F(FaultsTest, ASmallFileSystemThatIsFull) {
  const std::string mounted = folder_.File("disk");
  std::filesystem::create_directory(mounted);
  if (mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=64k,mode=700") != 0) {
    GTEST_SKIP() << "may not mount";
  }
  options_.file = mounted + "/audit.log";
  options_.queue_records = 64;
  Start();
  const std::string filler = mounted + "/filler";
  std::ofstream(filler) << std::string(100'000, 'x');  // as much as there is
  for (int i = 0; i < 40; ++i) Put(absl::StrCat("id-", i));
  EXPECT_TRUE(Failing());
  std::filesystem::remove(filler);
  EXPECT_TRUE(Written(40));
  Stop();
  EXPECT_EQ(Ids(options_.file).size(), 40u);
  EXPECT_EQ(Verify({options_.file}).broken, "");
  EXPECT_THAT(reports_->text(), HasSubstr("No space left on device"));
  EXPECT_EQ(umount(mounted.c_str()), 0);
}

TEST_F(FaultsTest, AReadOnlyFileSystemKeepsTheServerFromStarting) {
  const std::string mounted = folder_.File("disk");
  std::filesystem::create_directory(mounted);
  if (mount("tmpfs", mounted.c_str(), "tmpfs", MS_RDONLY, "size=64k,mode=700") != 0) {
    GTEST_SKIP() << "may not mount";
  }
  options_.file = mounted + "/audit.log";
  EXPECT_THAT(std::string(TryStart().message()),
              HasSubstr("Read-only file system; the server must be able to write it"));
  EXPECT_EQ(umount(mounted.c_str()), 0);
}

TEST_F(FaultsTest, RefusesCallsThatCannotBeRecorded) {
  options_.queue_records = 4;
  options_.when_full = WhenFull::kRefuse;
  Start();
  const FullDisk full(std::filesystem::file_size(File()));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Put("fits"));
  ASSERT_TRUE(Failing());
  EXPECT_FALSE(Put("does not"));
  EXPECT_EQ(log_->stats().dropped, 0u) << "a call that was refused has a record to come";
  EXPECT_TRUE(Put("refusal", /*refusable=*/false));
  EXPECT_EQ(log_->stats().dropped, 1u);
}

TEST_F(FaultsTest, BlocksUntilThereIsRoom) {
  options_.queue_records = 4;
  options_.when_full = WhenFull::kBlock;
  Start();
  std::atomic<int> done{0};
  std::thread caller;
  {
    const FullDisk full(std::filesystem::file_size(File()));
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(Put("fits"));
    ASSERT_TRUE(Failing());
    caller = std::thread([&] {
      EXPECT_TRUE(Put("waits"));
      ++done;
    });
    absl::SleepFor(absl::Milliseconds(100));
    EXPECT_EQ(done, 0);
  }
  caller.join();
  EXPECT_TRUE(Written(5));
  EXPECT_EQ(log_->stats().dropped, 0u);
}

TEST_F(FaultsTest, WaitsEndWhenTheServerStops) {
  options_.queue_records = 2;
  options_.when_full = WhenFull::kBlock;
  Start();
  const FullDisk full(std::filesystem::file_size(File()));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Put("fits"));
  ASSERT_TRUE(Failing());
  std::thread caller([&] { EXPECT_FALSE(Put("must not go on unrecorded")); });
  log_->EndWaits(0);
  caller.join();
  EXPECT_TRUE(Put("a refusal is only lost", /*refusable=*/false));
  EXPECT_EQ(log_->stats().dropped, 1u);
  // Nor does the end of the log hang: it tries for some seconds, and says what was lost.
  Stop();
  EXPECT_THAT(reports_->text(), HasSubstr("3 records were lost"));
}

TEST_F(FaultsTest, ALogThatCannotBeOpenedForWritingKeepsTheServerFromStarting) {
  const FullDisk full(10);
  const sigset_t before = [] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return mask;
  }();
  EXPECT_THAT(std::string(TryStart().message()), HasSubstr("File too large"));
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < 32; ++signal) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
  }
}

TEST_F(FaultsTest, ARotationThatFailsKeepsTheFile) {
  options_.max_file_bytes = 4096;
  options_.max_files = 2;
  // A folder in the name's place cannot be replaced by a file, not even by root.
  Start();
  std::filesystem::create_directories(File("audit.log.1/something"));
  for (int i = 0; i < 40; ++i) {
    Put(absl::StrCat("id-", i));
    ASSERT_TRUE(Written(static_cast<uint64_t>(i + 1)));
  }
  EXPECT_EQ(log_->stats().rotation_errors, 1u) << "it is not tried at each record";
  EXPECT_EQ(log_->stats().rotations, 0u);
  Stop();
  EXPECT_EQ(Ids(File()).size(), 40u);
  EXPECT_EQ(Verify({File()}).broken, "");
  EXPECT_THAT(reports_->text(), HasSubstr("cannot rotate: "));
}

// The log is standard output, and its reader has stopped reading.
TEST_F(FaultsTest, ASlowReaderIsWaitedForByTheLogAndNotByCalls) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  options_.file.clear();
  options_.to_stdout = true;
  options_.stdout_fd = ends[1];
  options_.queue_records = 64;
  Start();
  // Until the pipe has its 64 KiB and the log has to wait.
  int put = 0;
  EXPECT_TRUE(testing::Eventually([&] {
    for (int i = 0; i < 32; ++i) EXPECT_TRUE(Put(absl::StrCat("id-", put++)));
    return log_->stats().failing.load();
  }));
  for (int i = 0; i < 65; ++i) EXPECT_TRUE(Put(absl::StrCat("id-", put++)));
  EXPECT_GT(log_->stats().dropped, 0u) << "more than the queue holds; no call has waited";
  std::string text;
  std::thread reader([&] {
    char bytes[4096];
    for (ssize_t got = 0; (got = read(ends[0], bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<size_t>(got));
    }
  });
  EXPECT_TRUE(testing::Eventually(
      [&] { return log_->stats().written + log_->stats().dropped == static_cast<uint64_t>(put); }));
  Stop();
  close(ends[1]);
  reader.join();
  close(ends[0]);
  testing::WriteAll(File("copy"), text);
  const AuditVerdict verdict = Verify({File("copy")});
  EXPECT_EQ(verdict.broken, "") << "no line was written by halves or twice";
  EXPECT_GT(verdict.dropped, 0u);
  EXPECT_EQ(verdict.records + verdict.dropped, static_cast<uint64_t>(put) + 2);
}

TEST_F(FaultsTest, AReaderThatHasGoneDoesNotEndTheProcess) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  options_.to_stdout = true;
  options_.stdout_fd = ends[1];
  Start();
  close(ends[0]);
  PutMany(3);
  ASSERT_TRUE(Written(3)) << "the file is the log; standard output only a copy";
  Stop();
  close(ends[1]);
  EXPECT_THAT(reports_->text(), HasSubstr("records could not be copied: standard output: Broken"));
  EXPECT_TRUE(Verify({File()}).whole());
}

}  // namespace
}  // namespace warden
