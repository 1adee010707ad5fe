#include "interceptors/limits/shared/redis_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

// The slot of EVALSHA's keys; FailedPrecondition where there are none, or several.
absl::StatusOr<uint16_t> SlotOf(const RedisSender::Command& command) {
  size_t keys = 0;
  if (command.size() < 4 || !absl::SimpleAtoi(command[2], &keys) || keys == 0 ||
      keys > command.size() - 3) {
    return absl::FailedPreconditionError("the command has no keys");
  }
  const uint16_t slot = RedisSlotOf(command[3]);
  for (size_t i = 1; i < keys; ++i) {
    if (RedisSlotOf(command[3 + i]) == slot) continue;
    return absl::FailedPreconditionError("the keys are not in one slot of the Redis Cluster");
  }
  return slot;
}

bool ShowsChange(const absl::Status& status) {
  return !absl::IsFailedPrecondition(status) || absl::StartsWith(status.message(), "CLUSTERDOWN") ||
         absl::StartsWith(status.message(), "READONLY");
}

}  // namespace

RedisCluster::RedisCluster(std::vector<std::string> seeds, RedisOptions redis)
    : seeds_(std::move(seeds)), redis_(std::move(redis)), slots_(kRedisSlots) {
  stale_ = !Learn();
  thread_ = std::thread([this] { Run(); });
}

RedisCluster::~RedisCluster() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  SendParked();
  // From here on no node is found any more. A thread that has just found one is not far from
  // letting it go: a pipe must not end in its own thread.
  std::vector<std::shared_ptr<Node>> nodes = std::move(retired_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_.assign(kRedisSlots, nullptr);
    for (auto& [address, node] : nodes_) nodes.push_back(std::move(node));
    nodes_.clear();
  }
  for (const std::shared_ptr<Node>& node : nodes) {
    while (node.use_count() > 1) std::this_thread::yield();
  }
}

void RedisCluster::Send(Command command, Then then) {
  const absl::StatusOr<uint16_t> slot = SlotOf(command);
  if (!slot.ok()) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    then(slot.status());
    return;
  }
  auto sent = std::make_shared<Sent>(Sent{std::move(command), std::move(then), *slot});
  std::shared_ptr<Node> node;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    node = slots_[*slot];
    if (node == nullptr) stale_ = true;
  }
  if (node != nullptr) {
    SendTo(node, false, std::move(sent));
    return;
  }
  changed_.notify_all();
  Fail(*sent, "no node of the Redis Cluster has the key's slot");
}

void RedisCluster::Fail(const Sent& sent, const char* why) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  sent.then(absl::UnavailableError(why));
}

void RedisCluster::SendTo(const std::shared_ptr<Node>& node, bool asking,
                          std::shared_ptr<Sent> sent) {
  Command command = sent->command;  // kept for a redirection
  Then answered = [this, address = node->address, sent = std::move(sent)](Reply reply) mutable {
    Answered(address, std::move(sent), std::move(reply));
  };
  if (asking) {
    node->pipe.SendAsking(std::move(command), std::move(answered));
  } else {
    node->pipe.Send(std::move(command), std::move(answered));
  }
}

void RedisCluster::Answered(const std::string& address, std::shared_ptr<Sent> sent, Reply reply) {
  if (!reply.ok()) {
    if (const auto redirect = ReadRedirect(reply.status(), address)) {
      Redirect(*redirect, std::move(sent));
      return;
    }
    if (ShowsChange(reply.status())) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        stale_ = true;
      }
      changed_.notify_all();
    }
  }
  sent->then(std::move(reply));
}

void RedisCluster::Redirect(const RedisRedirect& redirect, std::shared_ptr<Sent> sent) {
  if (redirect.slot != sent->slot || ++sent->redirects > kMaxRedirects) {
    Fail(*sent, "the nodes of the Redis Cluster do not agree whose the key is");
    return;
  }
  std::shared_ptr<Node> node;
  bool parked = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!redirect.ask) stale_ = true;
    if (const auto found = nodes_.find(redirect.address); found != nodes_.end()) {
      node = found->second;
      if (!redirect.ask) slots_[redirect.slot] = node;
    } else if (!stopping_ && parked_.size() < kMaxParked) {
      stale_ = true;
      parked = true;
      parked_.push_back({redirect, sent});
    }
  }
  changed_.notify_all();
  if (node != nullptr) {
    SendTo(node, redirect.ask, std::move(sent));
  } else if (!parked) {
    Fail(*sent, "the Redis Cluster names a node that is not known");
  }
}

void RedisCluster::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || stale_; });
    if (stopping_) return;
    stale_ = false;
    lock.unlock();
    CloseRetired();
    const bool learnt = Learn();
    SendParked();
    lock.lock();
    if (!learnt) stale_ = true;
    changed_.wait_for(lock, absl::ToChronoMilliseconds(RedisPipe::kRetry),
                      [this] { return stopping_; });
  }
}

bool RedisCluster::Learn() {
  const absl::StatusOr<RedisSlotMap> map = AskForSlots();
  if (!map.ok()) return false;
  Adopt(*map);
  return true;
}

// Of the nodes that are known first: the seeds may be long gone.
absl::StatusOr<RedisSlotMap> RedisCluster::AskForSlots() {
  std::vector<std::string> addresses;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [address, node] : nodes_) {
      if (node->pipe.up()) addresses.push_back(address);
    }
  }
  addresses.insert(addresses.end(), seeds_.begin(), seeds_.end());
  absl::Status last = absl::UnavailableError("no node answers");
  for (const std::string& address : addresses) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return absl::UnavailableError("the server stops");
    }
    RedisOptions to = redis_;
    to.address = address;
    const absl::StatusOr<std::unique_ptr<RedisConnection>> node = RedisConnection::Open(to);
    if (!node.ok()) {
      last = node.status();
      continue;
    }
    const absl::StatusOr<RedisReply> reply = (*node)->Run({"CLUSTER", "SLOTS"});
    absl::StatusOr<RedisSlotMap> map =
        reply.ok() ? ReadRedisSlots(*reply, address) : absl::StatusOr<RedisSlotMap>(reply.status());
    // A node that was taken out of its Cluster knows nobody.
    if (map.ok() && !map->nodes.empty()) return map;
    last = map.ok() ? absl::UnavailableError("the node knows no slots") : map.status();
  }
  return last;
}

// New nodes are connected to before they are looked for. Only the cluster's thread makes and ends
// pipes.
void RedisCluster::Adopt(const RedisSlotMap& map) {
  std::vector<std::shared_ptr<Node>> nodes;
  for (const std::string& address : map.nodes) {
    std::shared_ptr<Node> node;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (const auto found = nodes_.find(address); found != nodes_.end()) node = found->second;
    }
    if (node == nullptr) {
      RedisOptions to = redis_;
      to.address = address;
      node = std::make_shared<Node>(address, std::move(to));
    }
    nodes.push_back(std::move(node));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t slot = 0; slot < kRedisSlots; ++slot) {
    const uint16_t owner = map.owners[slot];
    slots_[slot] = owner == RedisSlotMap::kNobody ? nullptr : nodes[owner];
  }
  std::map<std::string, std::shared_ptr<Node>> known;
  for (std::shared_ptr<Node>& node : nodes) known[node->address] = std::move(node);
  for (auto& [address, node] : nodes_) {
    if (!known.contains(address)) retired_.push_back(std::move(node));
  }
  nodes_ = std::move(known);
}

// A node that is only being given its first slots, or that not all have heard of, is in no answer
// of CLUSTER SLOTS: the redirection is believed.
std::shared_ptr<RedisCluster::Node> RedisCluster::Find(const RedisRedirect& redirect) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return nullptr;
    const auto found = nodes_.find(redirect.address);
    if (found != nodes_.end()) return found->second;
    if (nodes_.size() >= RedisSlotMap::kMaxNodes) return nullptr;
  }
  RedisOptions to = redis_;
  to.address = redirect.address;
  auto node = std::make_shared<Node>(redirect.address, std::move(to));
  const std::lock_guard<std::mutex> lock(mutex_);
  nodes_[redirect.address] = node;
  if (!redirect.ask) slots_[redirect.slot] = node;
  return node;
}

void RedisCluster::SendParked() {
  std::vector<Parked> parked;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    parked.swap(parked_);
  }
  for (Parked& one : parked) {
    if (const std::shared_ptr<Node> node = Find(one.redirect)) {
      SendTo(node, one.redirect.ask, std::move(one.sent));
    } else {
      Fail(*one.sent, "the Redis Cluster names a node that is not known");
    }
  }
}

// Nobody has found these nodes since the slots were last learnt; one that nobody holds can end.
void RedisCluster::CloseRetired() {
  std::vector<std::shared_ptr<Node>> closed;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (std::shared_ptr<Node>& node : retired_) {
    if (node.use_count() > 1) continue;
    retired_batches_ += node->pipe.batches();
    retired_commands_ += node->pipe.commands();
    retired_failures_ += node->pipe.failures();
    closed.push_back(std::move(node));
  }
  std::erase(retired_, nullptr);
}

bool RedisCluster::up() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Node* last = nullptr;
  for (const std::shared_ptr<Node>& node : slots_) {
    if (node == nullptr) return false;
    if (node.get() == last) continue;
    if (!node->pipe.up()) return false;
    last = node.get();
  }
  return true;
}

uint64_t RedisCluster::Sum(uint64_t (RedisPipe::*count)() const) const {
  uint64_t sum = 0;
  for (const auto& [address, node] : nodes_) sum += (node->pipe.*count)();
  for (const std::shared_ptr<Node>& node : retired_) sum += (node->pipe.*count)();
  return sum;
}

uint64_t RedisCluster::batches() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return retired_batches_ + Sum(&RedisPipe::batches);
}

uint64_t RedisCluster::commands() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return retired_commands_ + Sum(&RedisPipe::commands);
}

uint64_t RedisCluster::failures() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failures_.load(std::memory_order_relaxed) + retired_failures_ + Sum(&RedisPipe::failures);
}

}  // namespace warden
