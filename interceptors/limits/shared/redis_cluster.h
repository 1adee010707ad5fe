// Commands to a Redis Cluster from many threads, none of which waits.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_CLUSTER_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_CLUSTER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "interceptors/limits/shared/redis_pipe.h"
#include "interceptors/limits/shared/redis_sender.h"
#include "interceptors/limits/shared/redis_slots.h"

namespace warden {

// A pipe to each master, and a thread that learns which slots are whose: at the start, and whenever
// an answer shows that they have changed, at most each RedisPipe::kRetry. MOVED and ASK are
// followed; what cannot be sent, or is answered with CLUSTERDOWN or TRYAGAIN, fails at once.
// Thread-safe.
class RedisCluster final : public RedisSender {
 public:
  static constexpr int kMaxRedirects = 4;
  static constexpr size_t kMaxParked = 1024;  // commands that wait for a node to become known

  // `seeds` are nodes, of which one at least must answer; `redis` is how all of them are reached,
  // but for their addresses. Tries to learn the slots once before it returns.
  RedisCluster(std::vector<std::string> seeds, RedisOptions redis);
  // What still waits fails.
  ~RedisCluster() override;
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  // FailedPrecondition where the keys are not in one slot.
  void Send(Command command, Then then) override;

  bool up() const override;  // each slot has a node, and all of these answer
  uint64_t batches() const override;
  uint64_t commands() const override;
  uint64_t failures() const override;

 private:
  struct Node {
    Node(std::string where, RedisOptions options)
        : address(std::move(where)), pipe(std::move(options)) {}
    const std::string address;
    RedisPipe pipe;
  };
  struct Sent {
    Command command;
    Then then;
    uint16_t slot = 0;
    int redirects = 0;
  };

  void SendTo(const std::shared_ptr<Node>& node, bool asking, std::shared_ptr<Sent> sent);
  void Answered(const std::string& address, std::shared_ptr<Sent> sent, Reply reply);
  void Redirect(const RedisRedirect& redirect, std::shared_ptr<Sent> sent);
  void Fail(const Sent& sent, const char* why);
  void Run();
  bool Learn();
  absl::StatusOr<RedisSlotMap> AskForSlots();
  void Adopt(const RedisSlotMap& map);
  std::shared_ptr<Node> Find(const RedisRedirect& redirect);
  void SendParked();
  void CloseRetired();
  uint64_t Sum(uint64_t (RedisPipe::*count)() const) const;

  const std::vector<std::string> seeds_;
  const RedisOptions redis_;
  std::atomic<uint64_t> failures_{0};  // not of a pipe
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All that follow are under mutex_, but for the thread.
  bool stopping_ = false;
  bool stale_ = false;  // the slots are to be learnt anew
  std::map<std::string, std::shared_ptr<Node>> nodes_;
  std::vector<std::shared_ptr<Node>> slots_;  // null: nobody's
  std::vector<std::shared_ptr<Node>> retired_;
  uint64_t retired_batches_ = 0, retired_commands_ = 0, retired_failures_ = 0;
  struct Parked {
    RedisRedirect redirect;
    std::shared_ptr<Sent> sent;
  };
  std::vector<Parked> parked_;
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_CLUSTER_H_
