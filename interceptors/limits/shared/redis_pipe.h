// Commands to a Redis server from many threads, none of which waits.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_PIPE_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_PIPE_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

// One connection and one thread: what comes while a batch is under way goes out as the next one,
// pipelined. Where the server does not answer in time the connection is given up, all that wait
// are told, and until the server answers again, which is tried each kRetry, commands fail at
// once. Thread-safe.
class RedisPipe {
 public:
  static constexpr size_t kMaxQueue = 16384;  // commands that wait; more fail at once
  static constexpr size_t kMaxBatch = 512;
  static constexpr absl::Duration kRetry = absl::Milliseconds(100);

  using Command = std::vector<std::string>;
  using Reply = absl::StatusOr<RedisReply>;

  // `options.timeout` bounds each batch. Tries to connect once before it returns.
  explicit RedisPipe(RedisOptions options);
  // What still waits fails.
  ~RedisPipe();
  RedisPipe(const RedisPipe&) = delete;
  RedisPipe& operator=(const RedisPipe&) = delete;

  // `then` is called once, by the pipe's thread, or by this one where nothing can be sent now. It
  // must be quick.
  void Send(Command command, std::function<void(Reply)> then);

  bool up() const { return up_.load(std::memory_order_relaxed); }
  uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }
  uint64_t commands() const { return commands_.load(std::memory_order_relaxed); }
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }  // of commands

 private:
  struct Waiting {
    Command command;
    std::function<void(Reply)> then;
  };

  void Run();
  void Connect();
  void RunBatch(std::deque<Waiting> batch);
  void Fail(std::deque<Waiting> failed, const absl::Status& why);

  const RedisOptions options_;
  std::unique_ptr<RedisConnection> connection_;  // of the thread
  std::atomic<bool> up_{false};
  std::atomic<uint64_t> batches_{0}, commands_{0}, failures_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;        // under mutex_
  std::deque<Waiting> waiting_;  // under mutex_
  std::thread thread_;           // the last: it uses all of these
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_PIPE_H_
