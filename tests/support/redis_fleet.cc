#include "tests/support/redis_fleet.h"

#include <stdexcept>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace warden::testing {
namespace {

template <typename Condition>
void WaitFor(const std::string& what, const Condition& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (!condition()) {
    if (absl::Now() > deadline) throw std::runtime_error("waited in vain: " + what);
    absl::SleepFor(absl::Milliseconds(10));
  }
}

void Must(const RedisServer& server, const std::vector<std::string>& command) {
  const std::string answer = server.Command(command);
  if (!absl::StartsWith(answer, "+")) throw std::runtime_error(answer);
}

}  // namespace

std::string TextOf(const std::string& answer) {
  if (absl::StartsWith(answer, "+")) return answer.substr(1, answer.find('\r') - 1);
  if (!absl::StartsWith(answer, "$") || absl::StartsWith(answer, "$-1")) return "";
  const size_t begin = answer.find('\n') + 1;
  return answer.substr(begin, std::stoul(answer.substr(1)));
}

std::unique_ptr<RedisServer> MakeSentinel(int port, int quorum, std::vector<std::string> lines) {
  lines.push_back(absl::StrCat("sentinel monitor mymaster 127.0.0.1 ", port, " ", quorum));
  lines.emplace_back("sentinel down-after-milliseconds mymaster 500");
  lines.emplace_back("sentinel failover-timeout mymaster 3000");
  return std::make_unique<RedisServer>(std::move(lines), RedisServer::Kind::kSentinel);
}

SentinelFleet::SentinelFleet(int sentinels) {
  servers_.push_back(
      std::make_unique<RedisServer>(std::vector<std::string>{"--repl-diskless-sync-delay", "0"}));
  servers_.push_back(std::make_unique<RedisServer>(
      std::vector<std::string>{"--replicaof", absl::StrCat("127.0.0.1 ", first().port()),
                               "--repl-diskless-sync-delay", "0"}));
  WaitFor("the replica", [&] {
    return absl::StrContains(second().Command({"INFO", "replication"}), "master_link_status:up") &&
           absl::StrContains(first().Command({"INFO", "replication"}), "state=online");
  });
  for (int i = 0; i < sentinels; ++i) {
    sentinels_.push_back(MakeSentinel(first().port(), sentinels / 2 + 1));
  }
  WaitFor("the Sentinels", [&] {
    for (const auto& sentinel : sentinels_) {
      const std::string known = sentinel->Command({"SENTINEL", "master", "mymaster"});
      const auto says = [&](const std::string& field, int value) {
        const std::string text = absl::StrCat(value);
        return absl::StrContains(known, absl::StrCat(field, "\r\n$", text.size(), "\r\n", text));
      };
      if (!says("num-slaves", 1) || !says("num-other-sentinels", sentinels - 1)) return false;
    }
    return true;
  });
}

std::vector<std::string> SentinelFleet::sentinels() const {
  std::vector<std::string> addresses;
  for (const auto& sentinel : sentinels_) addresses.push_back(sentinel->address());
  return addresses;
}

void SentinelFleet::WaitForReplica(const std::string& key) const {
  WaitFor("the replica's data", [&] {
    return servers_[0]->Command({"GET", key}) == servers_[1]->Command({"GET", key});
  });
}

void SentinelFleet::WaitForMaster(const RedisServer& server, size_t i) const {
  WaitFor("the failover", [&] {
    return absl::StrContains(server.Command({"ROLE"}), "master") &&
           absl::StrContains(
               sentinels_[i]->Command({"SENTINEL", "get-master-addr-by-name", "mymaster"}),
               absl::StrCat("\r\n", server.port(), "\r\n"));
  });
}

ClusterFleet::ClusterFleet() {
  for (int i = 0; i < 3; ++i) Add();
  constexpr int kShare = 16384 / 3;
  for (size_t i = 0; i < 3; ++i) {
    const int begin = static_cast<int>(i) * kShare;
    const int end = i == 2 ? 16383 : begin + kShare - 1;
    Must(node(i), {"CLUSTER", "ADDSLOTSRANGE", absl::StrCat(begin), absl::StrCat(end)});
  }
  WaitForSlots();
}

void ClusterFleet::WaitForSlots() const {
  WaitFor("the slots", [&] {
    for (const auto& node : nodes_) {
      const std::string info = node->Command({"CLUSTER", "INFO"});
      if (!absl::StrContains(info, "cluster_slots_ok:16384")) return false;
      if (!absl::StrContains(info, "cluster_state:ok")) return false;
    }
    return true;
  });
}

void ClusterFleet::Add() {
  bus_ports_.push_back(FreePort());
  nodes_.push_back(std::make_unique<RedisServer>(std::vector<std::string>{
      "--cluster-enabled", "yes", "--cluster-port", absl::StrCat(bus_ports_.back()),
      "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no",
      "--cluster-allow-reads-when-down", "no"}));
  Must(*nodes_.back(), {"CLUSTER", "SET-CONFIG-EPOCH", absl::StrCat(nodes_.size())});
  if (nodes_.size() > 1) {
    Must(*nodes_.back(), {"CLUSTER", "MEET", "127.0.0.1", absl::StrCat(node(0).port()),
                          absl::StrCat(bus_ports_[0])});
  }
  WaitUntilAllAgree();
  if (nodes_.size() > 3) WaitForSlots();  // a node that has just joined refuses all
}

void ClusterFleet::WaitUntilAllAgree() const {
  WaitFor("the nodes", [&] {
    for (const auto& node : nodes_) {
      const std::string nodes = node->Command({"CLUSTER", "NODES"});
      for (const auto& other : nodes_) {
        if (!absl::StrContains(nodes, absl::StrCat(":", other->port(), "@"))) return false;
      }
      if (absl::StrContains(nodes, "handshake") || absl::StrContains(nodes, "disconnected")) {
        return false;
      }
    }
    return true;
  });
}

std::string ClusterFleet::IdOf(size_t i) const {
  return TextOf(nodes_[i]->Command({"CLUSTER", "MYID"}));
}

size_t ClusterFleet::HolderOf(uint16_t slot) const {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const std::string keys =
        nodes_[i]->Command({"CLUSTER", "GETKEYSINSLOT", absl::StrCat(slot), "1"});
    if (!absl::StartsWith(keys, "*0")) return i;
  }
  throw std::runtime_error("nobody has a key of the slot");
}

void ClusterFleet::BeginMove(uint16_t slot, size_t from, size_t to,
                             const std::vector<std::string>& keys) {
  const std::string number = absl::StrCat(slot);
  Must(node(to), {"CLUSTER", "SETSLOT", number, "IMPORTING", IdOf(from)});
  Must(node(from), {"CLUSTER", "SETSLOT", number, "MIGRATING", IdOf(to)});
  for (const std::string& key : keys) {
    Must(node(from), {"MIGRATE", "127.0.0.1", absl::StrCat(node(to).port()), key, "0", "5000"});
  }
}

void ClusterFleet::EndMove(uint16_t slot, size_t from, size_t to) {
  Must(node(to), {"CLUSTER", "SETSLOT", absl::StrCat(slot), "NODE", IdOf(to)});
  Must(node(from), {"CLUSTER", "SETSLOT", absl::StrCat(slot), "NODE", IdOf(to)});
}

std::vector<std::string> ClusterFleet::Keys(const std::string& prefix) const {
  std::vector<std::string> keys;
  for (const auto& node : nodes_) {
    const std::string answer = node->Command({"KEYS", prefix + "*"});
    const std::vector<std::string> lines = absl::StrSplit(answer, "\r\n");
    for (const std::string& line : lines) {
      if (absl::StartsWith(line, prefix)) keys.push_back(line);
    }
  }
  return keys;
}

}  // namespace warden::testing
