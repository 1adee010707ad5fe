// What becomes of calls when the audit log cannot be written, of its files, and what a start
// refuses.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/e2e/audit_world.h"
#include "tests/e2e/counted.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using AuditFaultsTest = AuditWorldTest;

// While it lives, no file of this process grows: as on a full disk. Tests may log to a file, so the
// signal of that limit is ignored; faults_test.cc shows that the log's own writes raise none.
class FullDisk {
 public:
  FullDisk() {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none = {.rlim_cur = 1, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int) = nullptr;
  rlimit before_{};
};

TEST_P(AuditFaultsTest, CallsAreRefusedWhereTheyCannotBeRecorded) {
  Start("when_full: REFUSE, queue_records: 8", "");
  ASSERT_TRUE(Send("Unary").ok());
  // In the file comes first, out of the queue when it is synced.
  ASSERT_TRUE(Eventually([&] { return Metric("warden_audit_queue_records") == 0; }));
  int allowed = 1;
  {
    const FullDisk full;
    for (; allowed < 20 && Send("Unary").ok(); ++allowed) {
    }
    EXPECT_EQ(allowed, 9) << "as many as the queue holds";
    for (const char* method : kFourKinds) {
      const Counted counted(*world_);
      counted.ExpectRefused(method, Send(method),
                            {grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE", "audit_unavailable"});
    }
    EXPECT_EQ(Metric("warden_audit_failing"), 1);
    EXPECT_EQ(Metric("warden_audit_queue_records"), 8);
    EXPECT_GT(Metric("warden_audit_write_errors_total{sink=\"file\"}"), 0);
  }
  ASSERT_TRUE(Eventually([&] { return Metric("warden_audit_queue_records") == 0; }));
  EXPECT_EQ(Metric("warden_audit_failing"), 0);
  ASSERT_TRUE(Send("Unary").ok()) << "there is room again";
  EXPECT_EQ(world_->runs(), 10);
  const std::vector<AuditRecord> calls = Calls(10);
  uint64_t dropped = 0;
  for (const AuditRecord& record : calls) dropped += record.dropped();
  EXPECT_EQ(dropped, 5u) << "the records of the five refusals";
  EXPECT_TRUE(
      Eventually([&] { return Metric("warden_audit_records_total{result=\"written\"}") == 10; }));
  EXPECT_EQ(Metric("warden_audit_records_total{result=\"dropped\"}"), 5);
  ExpectWhole();
}

TEST_P(AuditFaultsTest, CallsGoOnWhereRecordsMayBeDropped) {
  Start("queue_records: 4");
  {
    const FullDisk full;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(Send("Unary").ok());
    EXPECT_EQ(Metric("warden_audit_records_total{result=\"dropped\"}"), 6);
  }
  EXPECT_EQ(world_->runs(), 10);
  Calls(4);
}

TEST_P(AuditFaultsTest, AServerThatStopsLeavesNoCallWaiting) {
  Start("when_full: BLOCK, queue_records: 2");
  const FullDisk full;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Send("Unary").ok());
  const std::shared_ptr<grpc::Channel> channel = world_->channel();
  const RawCall call = World::Call("Unary", world_->Token("alice", {"caller"}));
  Answer answer;
  std::thread caller([&] { answer = Perform(channel, call); });
  ASSERT_TRUE(Eventually([&] { return Metric("warden_audit_queue_records") == 2; }));
  world_->server().Shutdown(absl::Now() + absl::Milliseconds(500));
  caller.join();
  EXPECT_EQ(answer.code, grpc::StatusCode::UNAVAILABLE) << answer.text;
  EXPECT_EQ(world_->runs(), 2);
}

TEST_P(AuditFaultsTest, AFileThatWasRotatedIsReopened) {
  Start();
  ASSERT_TRUE(Send("Unary").ok());
  Calls(1);
  const std::filesystem::path moved = world_->folder() / "audit.log-1";
  std::filesystem::rename(path(), moved);
  world_->server().ReopenAudit();
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(path()); }));
  ASSERT_TRUE(Send("Unary").ok());
  Calls(1);
  EXPECT_EQ(Records(path())[0].cause(), "reopened");
  EXPECT_EQ(Records(path())[0].prev(), Records(moved).back().hash());
  EXPECT_EQ(Metric("warden_audit_rotations_total{result=\"ok\"}"), 1);
}

TEST_P(AuditFaultsTest, RotatesItselfUnderAKey) {
  std::string config =
      "audit: {file: audit.log, max_file_bytes: 16384, chain_key_file: chain.secret}\n";
  Make(config);
  const std::string key(40, 'k');
  world_->Write("chain.secret", key + "\n");
  ASSERT_TRUE(world_->Start().ok());
  const std::string token = world_->Token("alice", {"caller"});
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(Perform(world_->channel(), World::Call("Unary", token)).ok());
  }
  const std::string first = path().string() + ".1";
  ASSERT_TRUE(
      Eventually([&] { return Metric("warden_audit_records_total{result=\"written\"}") == 30; }));
  const HashChain chain(key);
  const auto verdict = VerifyAudit({path().string(), first}, chain, {});
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(verdict->broken, "");
  EXPECT_EQ(verdict->records, 32u) << "both files have an opening record";
  EXPECT_THAT(ReadAll(path()) + ReadAll(first), Not(HasSubstr(key)));
}

TEST_P(AuditFaultsTest, AStartRefusesWhatCannotWork) {
  EXPECT_THAT(StartError("audit: {}\n"),
              HasSubstr("audit: has no sink: set `file`, `to_stdout` or `to_syslog`"));
  EXPECT_THAT(
      StartError("audit: {file: nowhere/audit.log}\n"),
      HasSubstr("nowhere: No such file or directory; the audit log's folder must be there"));
  EXPECT_THAT(StartError("audit: {file: a, always: ['/warden.testing.v1.Probe/Unarry']}\n"),
              HasSubstr("audit.always[0]: no method of this server is "
                        "`/warden.testing.v1.Probe/Unarry`; did you mean "
                        "`/warden.testing.v1.Probe/Unary`?"));
  EXPECT_THAT(StartError("audit: {file: a, always: ['/warden.testing.v1.Probe/*'], never: "
                         "['/warden.testing.v1.Probe/*']}\n"),
              HasSubstr("audit.never[0]: `/warden.testing.v1.Probe/Unary` is in `always` as well"));
  EXPECT_THAT(StartError("audit: {file: a, sample_one_in: 5}\n"),
              HasSubstr("audit.sample_one_in: is only for `allowed: SAMPLED`"));
  EXPECT_THAT(StartError("audit: {file: a, max_file_bytes: 100}\n"),
              HasSubstr("audit.max_file_bytes: must be at least 16384"));
  EXPECT_THAT(StartError("audit: {to_stdout: true, sync: NEVER}\n"),
              HasSubstr("are about `file`, which is not set"));
  EXPECT_THAT(StartError("audit: {file: a, queue_records: 9999999}\n"),
              HasSubstr("audit.queue_records: must be at most 1048576"));
  EXPECT_THAT(StartError("audit: {file: a, max_files: 9999}\n"),
              HasSubstr("audit.max_files: must be at most 1000"));
  EXPECT_THAT(StartError("audit: {file: a, chain_key_file: policy.yaml.none}\n"),
              HasSubstr("policy.yaml.none: cannot be read"));
  EXPECT_THAT(StartError("audit: {file: a, when_full: SOMETIMES}\n"), HasSubstr("audit.when_full"));
  // Every problem at once, and with its line.
  const std::string both = StartError("audit: {file: a, sample_one_in: 5, max_files: 9999}\n");
  EXPECT_THAT(both, HasSubstr("sample_one_in"));
  EXPECT_THAT(both, HasSubstr("max_files"));
  EXPECT_THAT(both, HasSubstr("warden.yaml:"));
}

TEST_P(AuditFaultsTest, AFileThatIsNoLogIsLeftAlone) {
  Make("audit: {file: audit.log}\n");
  world_->Write("audit.log", "a letter\n");
  std::filesystem::permissions(path(), std::filesystem::perms(0600));
  EXPECT_THAT(std::string(world_->Start().message()),
              HasSubstr("its last line is no record of an audit log"));
  EXPECT_EQ(ReadAll(path()), "a letter\n");
  std::filesystem::remove(path());
  std::filesystem::create_symlink(world_->folder() / "policy.yaml", path());
  EXPECT_THAT(std::string(world_->Start().message()), HasSubstr("is a symbolic link"));
}

INSTANTIATE_TEST_SUITE_P(Apis, AuditFaultsTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
