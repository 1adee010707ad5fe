#include "interceptors/limits/shared/redis_pipe.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"

namespace warden {
namespace {

// A server that answers, but is no longer, or not yet, the one to be asked. NOREPLICAS: a master
// that has lost its replicas (min-replicas-to-write), and may have been replaced.
bool IsOutOfService(const absl::StatusOr<RedisReply>& reply) {
  if (reply.ok()) return false;
  const absl::string_view text = reply.status().message();
  return absl::StartsWith(text, "READONLY") || absl::StartsWith(text, "LOADING") ||
         absl::StartsWith(text, "MASTERDOWN") || absl::StartsWith(text, "NOREPLICAS") ||
         absl::StrContains(text, "-READONLY ");  // in a script, before Redis 7
}

}  // namespace

RedisPipe::RedisPipe(RedisOptions options)
    : RedisPipe([options = std::move(options)](const std::function<bool()>&) {
        return RedisConnection::Open(options);
      }) {}

RedisPipe::RedisPipe(Open open) : open_(std::move(open)) {
  Connect();
  thread_ = std::thread([this] { Run(); });
}

RedisPipe::~RedisPipe() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  Fail(std::move(waiting_), absl::UnavailableError("the server stops"));
}

void RedisPipe::Send(Command command, bool asking, Then then) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (up() && !stopping_ && waiting_.size() < kMaxQueue) {
      waiting_.push_back({std::move(command), asking, std::move(then)});
      if (waiting_.size() == 1) changed_.notify_all();
      return;
    }
  }
  failures_.fetch_add(1, std::memory_order_relaxed);
  then(absl::UnavailableError("redis cannot be asked now"));
}

// Up only once it has answered: a server that hangs accepts connections, too.
void RedisPipe::Connect() {
  absl::StatusOr<std::unique_ptr<RedisConnection>> opened =
      open_([this] { return stopping_.load(); });
  if (!opened.ok() || !(*opened)->Run({"PING"}).ok()) return;
  connection_ = *std::move(opened);
  up_ = true;
}

void RedisPipe::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (connection_ == nullptr) {
      changed_.wait_for(lock, absl::ToChronoMilliseconds(kRetry),
                        [this] { return stopping_.load(); });
      if (stopping_) return;
      lock.unlock();
      Connect();
      lock.lock();
      continue;
    }
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    std::deque<Waiting> batch;
    const size_t size = std::min(waiting_.size(), kMaxBatch);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(size);
    std::move(waiting_.begin(), end, std::back_inserter(batch));
    waiting_.erase(waiting_.begin(), end);
    lock.unlock();
    RunBatch(std::move(batch));
    lock.lock();
    if (connection_ != nullptr) continue;
    // Those that came meanwhile have waited as long.
    std::deque<Waiting> late = std::move(waiting_);
    waiting_.clear();
    lock.unlock();
    Fail(std::move(late), absl::UnavailableError("redis did not answer"));
    lock.lock();
  }
}

void RedisPipe::RunBatch(std::deque<Waiting> batch) {
  std::vector<Command> commands;
  commands.reserve(batch.size());
  for (Waiting& one : batch) {
    if (one.asking) commands.push_back({"ASKING"});
    commands.push_back(std::move(one.command));
  }
  batches_.fetch_add(1, std::memory_order_relaxed);
  commands_.fetch_add(batch.size(), std::memory_order_relaxed);
  absl::StatusOr<std::vector<Reply>> replies = connection_->RunAll(commands);
  if (!replies.ok()) {
    up_ = false;
    connection_.reset();
    Fail(std::move(batch), replies.status());
    return;
  }
  bool serves = true;
  size_t next = 0;
  for (Waiting& one : batch) {
    if (one.asking) ++next;  // its own answer tells nothing
    serves = serves && !IsOutOfService((*replies)[next]);
    one.then(std::move((*replies)[next++]));
  }
  if (serves) return;
  up_ = false;
  connection_.reset();
}

void RedisPipe::Fail(std::deque<Waiting> failed, const absl::Status& why) {
  failures_.fetch_add(failed.size(), std::memory_order_relaxed);
  for (Waiting& one : failed) one.then(why);
}

}  // namespace warden
