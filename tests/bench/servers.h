// The two servers that the benchmark compares, each in a process of its own.
#ifndef WARDEN_TESTS_BENCH_SERVERS_H_
#define WARDEN_TESTS_BENCH_SERVERS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "tests/e2e/world.h"

namespace warden::testing {

// A server process: it ends with its destructor, or with this process.
class ServerProcess {
 public:
  enum class Kind { kBare, kGuarded };
  // Forks, so it must be called before this process uses gRPC. Serves Echo on the callback API over
  // the mTLS of `world`: with gRPC alone, or behind Warden's gate. Exits the program where the
  // server does not start.
  ServerProcess(Kind kind, World* world);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  // User and system time that the process has used so far, in nanoseconds.
  int64_t CpuNanos() const;

 private:
  pid_t pid_ = 0;
  int port_ = 0;
  int lifeline_ = -1;  // the child ends when this end of a pipe is closed
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_BENCH_SERVERS_H_
