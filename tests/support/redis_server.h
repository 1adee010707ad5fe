// A real Redis on a free loopback port, with everything that can happen to one.
#ifndef WARDEN_TESTS_SUPPORT_REDIS_SERVER_H_
#define WARDEN_TESTS_SUPPORT_REDIS_SERVER_H_

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace warden::testing {

// Runs Debian's `redis-server`, which ends with this object or with the test. Throws
// std::runtime_error where it does not start. Not thread-safe.
class RedisServer {
 public:
  enum class Kind { kServer, kSentinel };

  // `flags` such as {"--requirepass", "secret"}. Keeps its data over Kill and Start only with
  // {"--appendonly", "yes", "--appendfsync", "always"}.
  // Of a Sentinel, `flags` are the lines of its configuration.
  explicit RedisServer(std::vector<std::string> flags = {}, Kind kind = Kind::kServer);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  void Kill();    // at once
  void Start();   // again, on the same port
  void Freeze();  // SIGSTOP: connections stay open, nothing answers
  void Thaw();

  int port() const { return port_; }
  std::string address() const;
  const std::filesystem::path& folder() const { return folder_; }

  // One command over a connection of its own; what the server answers, as it comes.
  std::string Command(const std::vector<std::string>& words) const;

 private:
  std::vector<std::string> Words() const;

  const Kind kind_;
  int port_ = 0;
  std::filesystem::path folder_;
  std::vector<std::string> flags_;
  pid_t process_ = -1;
};

// A loopback port that nobody listens on.
int FreePort();

}  // namespace warden::testing

#endif  // WARDEN_TESTS_SUPPORT_REDIS_SERVER_H_
