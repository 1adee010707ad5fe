#include "interceptors/grpc/stream_watch.h"

#include <grpc/grpc.h>

#include <string>

#include "interceptors/steady.h"

namespace warden {
StreamWatch::StreamWatch(Guard* guard)
    : guard_(guard),
      checked_generation_(guard->credential_generation()),
      thread_([this] { Run(); }) {
  guard_->metrics()->Sample(SampledMetric::kWatchedStreams,
                            [this] { return static_cast<double>(size()); });
}

StreamWatch::~StreamWatch() {
  guard_->metrics()->Sample(SampledMetric::kWatchedStreams, nullptr);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StreamWatch::Add(const std::shared_ptr<CallState>& state, grpc_call* call) {
  const absl::Time end = guard_->CredentialsEnd(state->call);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (streams_.empty()) changed_.notify_all();
  const std::optional<int64_t> quota_end = guard_->QuotaEnd(state->call);
  streams_[state.get()] = {.state = state, .call = call, .end = end, .quota_end = quota_end};
  if (quota_end.has_value()) by_quota_end_.emplace(*quota_end, state.get());
  // A revocation may have come since the stream was let in: the next round looks at all of them.
  checked_generation_ = 0;
  if (end == absl::InfiniteFuture()) return;
  by_end_.emplace(end, state.get());
}

void StreamWatch::Remove(const CallState* state) {
  std::shared_ptr<CallState> last;  // destroyed after the lock is released
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = streams_.find(state);
  if (found == streams_.end()) return;
  const auto [first, end] = by_end_.equal_range(found->second.end);
  for (auto entry = first; entry != end; ++entry) {
    if (entry->second != state) continue;
    by_end_.erase(entry);
    break;
  }
  if (found->second.quota_end.has_value()) {
    by_quota_end_.erase({*found->second.quota_end, state});
  }
  last = std::move(found->second.state);
  streams_.erase(found);
}

size_t StreamWatch::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return streams_.size();
}

std::vector<StreamWatch::Ended> StreamWatch::TakeEnded(absl::Time now) {
  std::vector<Ended> ended;
  const auto take = [&](Stream& stream, Refusal refusal) {
    stream.ended = true;
    grpc_call_ref(stream.call);  // it may end by itself as soon as the lock is released
    ended.emplace_back(stream, std::move(refusal));
  };
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    const auto found = streams_.find(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
    found->second.end = absl::InfiniteFuture();
    if (!found->second.ended) {
      take(found->second, guard_->WhyEnded(found->second.state->call));
    }
  }
  while (!by_quota_end_.empty() && by_quota_end_.begin()->first <= SteadyNanos()) {
    const auto found = streams_.find(by_quota_end_.begin()->second);
    by_quota_end_.erase(by_quota_end_.begin());
    found->second.quota_end.reset();
    if (!found->second.ended) {
      take(found->second, guard_->WhyQuotaEnded(found->second.state->call));
    }
  }
  const uint64_t generation = guard_->credential_generation();
  if (generation == checked_generation_) return ended;
  checked_generation_ = generation;
  for (auto& [state, stream] : streams_) {
    if (stream.ended) continue;
    std::optional<Refusal> revoked = guard_->CheckRevoked(stream.state->call, now);
    if (revoked.has_value()) take(stream, *std::move(revoked));
  }
  return ended;
}

void StreamWatch::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const std::vector<Ended> ended = TakeEnded(guard_->Now());
    if (!ended.empty()) {
      lock.unlock();
      for (const auto& [stream, refusal] : ended) {
        if (!stream.state->ended.exchange(true)) {
          guard_->StreamEnded(stream.state->call, refusal);
          const ReasonInfo& info = InfoOf(refusal.reason);
          stream.state->answer.Replaced(static_cast<int>(info.code));
          grpc_call_cancel_with_status(stream.call, static_cast<grpc_status_code>(info.code),
                                       std::string(info.text).c_str(), nullptr);
        }
        grpc_call_unref(stream.call);
      }
      lock.lock();
      continue;
    }
    if (streams_.empty()) {
      changed_.wait(lock, [this] { return stopping_ || !streams_.empty(); });
    } else {
      changed_.wait_for(lock, absl::ToChronoMilliseconds(kTick));
    }
  }
}

}  // namespace warden
