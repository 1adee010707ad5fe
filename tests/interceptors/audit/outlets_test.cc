// Standard output and syslog.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/interceptors/audit/audit_testing.h"

namespace warden {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A system log that keeps what it is sent.
class FakeSyslog {
 public:
  explicit FakeSyslog(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    unlink(path.c_str());
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("bind failed");
    }
    const timeval patience = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~FakeSyslog() { close(fd_); }
  std::string Receive() {
    char bytes[8192];
    const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
    return got < 0 ? "" : std::string(bytes, static_cast<size_t>(got));
  }

 private:
  const int fd_;
};

class OutletsTest : public testing::LogFixture {
 protected:
  OutletsTest() { options_.syslog_socket = folder_.File("log"); }
};

TEST_F(OutletsTest, SyslogGetsEachRecordAsAMessage) {
  FakeSyslog syslog(options_.syslog_socket);
  options_.file.clear();
  options_.to_syslog = true;
  Start();
  EXPECT_THAT(syslog.Receive(), HasSubstr("\"event\":\"opened\""));
  PutMany(2);
  for (const char* id : {"id-0", "id-1"}) {
    const std::string message = syslog.Receive();
    EXPECT_THAT(message, StartsWith("<86>warden[" + std::to_string(getpid()) + "]: {\"seq\":"));
    EXPECT_THAT(message, HasSubstr(id));
    EXPECT_THAT(message, EndsWith("\"}"));
  }
  Stop();
  EXPECT_THAT(syslog.Receive(), HasSubstr("\"event\":\"closed\""));
}

TEST_F(OutletsTest, SyslogThatIsNotThereKeepsTheServerFromStarting) {
  options_.file.clear();
  options_.to_syslog = true;
  EXPECT_THAT(std::string(TryStart().message()), HasSubstr("/log: No such file or directory"));
}

TEST_F(OutletsTest, SyslogThatIsRestartedIsConnectedAnew) {
  auto syslog = std::make_unique<FakeSyslog>(options_.syslog_socket);
  options_.file.clear();
  options_.to_syslog = true;
  Start();
  syslog = nullptr;
  PutMany(1);
  EXPECT_TRUE(testing::Eventually([&] { return log_->stats().failing.load(); }));
  FakeSyslog again(options_.syslog_socket);
  EXPECT_TRUE(Written(1));
  EXPECT_THAT(again.Receive(), HasSubstr("id-0")) << "it waited, and was not lost";
}

TEST_F(OutletsTest, ACopyThatFailsIsCountedAndTheLogGoesOn) {
  options_.to_syslog = true;
  Start();
  PutMany(2);
  ASSERT_TRUE(Written(2));
  EXPECT_GT(log_->stats().write_errors[2], 0u);
  EXPECT_EQ(log_->stats().write_errors[0], 0u);
  EXPECT_FALSE(log_->stats().failing);
  FakeSyslog syslog(options_.syslog_socket);
  Put("later");
  EXPECT_THAT(syslog.Receive(), HasSubstr("later"));
}

TEST_F(OutletsTest, AllSinksGetTheSameLines) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  FakeSyslog syslog(options_.syslog_socket);
  options_.to_stdout = true;
  options_.stdout_fd = ends[1];
  options_.to_syslog = true;
  Start();
  PutMany(2);
  Stop();
  close(ends[1]);
  std::string text(65536, '\0');
  const ssize_t got = read(ends[0], text.data(), text.size());
  close(ends[0]);
  ASSERT_GT(got, 0);
  text.resize(static_cast<size_t>(got));
  EXPECT_EQ(text, testing::ReadAll(File()));
  for (const std::string& line : testing::Lines(File())) {
    EXPECT_THAT(syslog.Receive(), EndsWith(": " + line));
  }
}

}  // namespace
}  // namespace warden
