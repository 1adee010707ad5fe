// Real Redis servers that work together: a master with its replica and Sentinels, and a Cluster.
#ifndef WARDEN_TESTS_SUPPORT_REDIS_FLEET_H_
#define WARDEN_TESTS_SUPPORT_REDIS_FLEET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"

namespace warden::testing {

// The text of a bulk string or status, as RedisServer::Command answers it; "" of all else.
std::string TextOf(const std::string& answer);

// One Sentinel, which watches the server at `port` as "mymaster".
std::unique_ptr<RedisServer> MakeSentinel(int port, int quorum = 1,
                                          std::vector<std::string> lines = {});

// Not thread-safe. Throws std::runtime_error where it does not come about.
class SentinelFleet {
 public:
  // A master, a replica that is in step with it, and Sentinels that know both and each other.
  explicit SentinelFleet(int sentinels);

  RedisServer& first() { return *servers_[0]; }  // the master, to begin with
  RedisServer& second() { return *servers_[1]; }
  RedisServer& sentinel(size_t i) { return *sentinels_[i]; }
  std::vector<std::string> sentinels() const;
  // Until both servers hold the same at `key`.
  void WaitForReplica(const std::string& key) const;
  // Until `server` is a master by its own word, and by that of the Sentinel `i`.
  void WaitForMaster(const RedisServer& server, size_t i) const;

 private:
  std::vector<std::unique_ptr<RedisServer>> servers_, sentinels_;
};

// Three masters that share the slots, without replicas. What one of them had is out of reach while
// it is gone; the rest is not. Not thread-safe.
class ClusterFleet {
 public:
  ClusterFleet();

  size_t size() const { return nodes_.size(); }
  RedisServer& node(size_t i) { return *nodes_[i]; }
  // One more, without slots.
  void Add();
  // The node that has a key in the slot.
  size_t HolderOf(uint16_t slot) const;
  // The first half of moving a slot: new keys go to the new node, and those of `keys` with them.
  void BeginMove(uint16_t slot, size_t from, size_t to, const std::vector<std::string>& keys);
  void EndMove(uint16_t slot, size_t from, size_t to);
  // Each key of all nodes that begins with `prefix`.
  std::vector<std::string> Keys(const std::string& prefix) const;

 private:
  std::string IdOf(size_t i) const;
  void WaitUntilAllAgree() const;
  void WaitForSlots() const;

  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<int> bus_ports_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_SUPPORT_REDIS_FLEET_H_
