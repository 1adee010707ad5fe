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
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/limits/shared/redis_sender.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

// One connection and one thread: what comes while a batch is under way goes out as the next one,
// pipelined. Where the server does not answer in time the connection is given up, all that wait
// are told, and until the server answers again, which is tried each kRetry, commands fail at
// once. Thread-safe.
class RedisPipe final : public RedisSender {
 public:
  static constexpr size_t kMaxQueue = 16384;  // commands that wait; more fail at once
  static constexpr size_t kMaxBatch = 512;
  static constexpr absl::Duration kRetry = absl::Milliseconds(100);

  // Connects and logs in. Gives up where it takes several steps and `stopping` has become true.
  using Open = std::function<absl::StatusOr<std::unique_ptr<RedisConnection>>(
      std::function<bool()> stopping)>;

  // Tries to connect once before it returns. The connection's timeout bounds each batch.
  explicit RedisPipe(Open open);
  explicit RedisPipe(RedisOptions options);
  // What still waits fails.
  ~RedisPipe() override;
  RedisPipe(const RedisPipe&) = delete;
  RedisPipe& operator=(const RedisPipe&) = delete;

  void Send(Command command, Then then) override {
    Send(std::move(command), false, std::move(then));
  }
  // After ASKING: to a node of a Cluster that is being given the key's slot.
  void SendAsking(Command command, Then then) { Send(std::move(command), true, std::move(then)); }

  bool up() const override { return up_.load(std::memory_order_relaxed); }
  uint64_t batches() const override { return batches_.load(std::memory_order_relaxed); }
  uint64_t commands() const override { return commands_.load(std::memory_order_relaxed); }
  uint64_t failures() const override { return failures_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    Command command;
    bool asking;
    Then then;
  };

  void Send(Command command, bool asking, Then then);
  void Run();
  void Connect();
  void RunBatch(std::deque<Waiting> batch);
  void Fail(std::deque<Waiting> failed, const absl::Status& why);

  const Open open_;
  std::unique_ptr<RedisConnection> connection_;  // of the thread
  std::atomic<bool> up_{false};
  std::atomic<uint64_t> batches_{0}, commands_{0}, failures_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_{false};  // set under mutex_
  std::deque<Waiting> waiting_;        // under mutex_
  std::thread thread_;                 // the last: it uses all of these
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_PIPE_H_
