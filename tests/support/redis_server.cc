#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace warden::testing {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

RedisServer::RedisServer(std::vector<std::string> flags, Kind kind)
    : kind_(kind), port_(FreePort()), flags_(std::move(flags)) {
  std::string path = (std::filesystem::temp_directory_path() / "warden-redis-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = path;
  if (kind_ == Kind::kSentinel) {
    // It writes what it learns into its configuration, so it needs a file.
    std::ofstream file(folder_ / "sentinel.conf");
    file << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_.string() << "\n";
    for (const std::string& line : flags_) file << line << "\n";
  }
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::filesystem::remove_all(folder_);
}

std::string RedisServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

std::vector<std::string> RedisServer::Words() const {
  if (kind_ == Kind::kSentinel) {
    return {"redis-server", (folder_ / "sentinel.conf").string(), "--sentinel"};
  }
  std::vector<std::string> words = {"redis-server",      "--bind",     "127.0.0.1", "--port",
                                    absl::StrCat(port_), "--save",     "",          "--dir",
                                    folder_.string(),    "--loglevel", "warning"};
  words.insert(words.end(), flags_.begin(), flags_.end());
  return words;
}

void RedisServer::Start() {
  std::vector<std::string> words = Words();
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (true) {
    if (waitpid(process_, nullptr, WNOHANG) != 0) {
      process_ = -1;
      throw std::runtime_error("redis-server does not start; is it installed?");
    }
    // Only a server that has read its data answers otherwise than with -LOADING.
    const int fd = ConnectTo(port_);
    if (fd >= 0) {
      close(fd);
      if (Command({"PING"}).find("LOADING") == std::string::npos) return;
    }
    if (absl::Now() > deadline) throw std::runtime_error("redis-server does not answer");
    absl::SleepFor(absl::Milliseconds(5));
  }
}

void RedisServer::Kill() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void RedisServer::Freeze() { kill(process_, SIGSTOP); }

void RedisServer::Thaw() { kill(process_, SIGCONT); }

std::string RedisServer::Command(const std::vector<std::string>& words) const {
  std::string text = absl::StrCat("*", words.size(), "\r\n");
  for (const std::string& word : words) {
    absl::StrAppend(&text, "$", word.size(), "\r\n", word, "\r\n");
  }
  const int fd = ConnectTo(port_);
  if (fd < 0) throw std::runtime_error("redis-server is not there");
  // QUIT ends the answer; a Sentinel does not know it, and ends where the questions do.
  text += "*1\r\n$4\r\nQUIT\r\n";
  if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("send failed");
  if (kind_ == Kind::kSentinel) shutdown(fd, SHUT_WR);
  std::string answer;
  char bytes[4096];
  for (ssize_t got; (got = recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
    answer.append(bytes, static_cast<size_t>(got));
  }
  close(fd);
  return answer;
}

}  // namespace warden::testing
