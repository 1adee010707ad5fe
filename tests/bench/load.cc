#include "tests/bench/load.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace warden::testing {
namespace {

using Clock = std::chrono::steady_clock;
using Stub = grpc::TemplatedGenericStub<v1::EchoRequest, v1::EchoReply>;

int64_t NanosSince(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

// What all lanes of one run share.
struct Run {
  explicit Run(const LoadSpec& s) : spec(s), left(s.calls), latency(static_cast<size_t>(s.calls)) {}
  const LoadSpec& spec;
  std::atomic<int> left;
  std::atomic<int> ok{0}, refused{0};
  std::vector<int64_t> latency;
  std::mutex mutex;
  std::condition_variable idle;
  int lanes = 0;  // still working; guarded by mutex
};

// One call after the other on one connection.
class Lane {
 public:
  Lane(const std::shared_ptr<grpc::Channel>& channel, Run* run) : stub_(channel), run_(run) {}

  void Next() {
    slot_ = run_->left.fetch_sub(1) - 1;
    if (slot_ < 0) {
      const std::lock_guard<std::mutex> lock(run_->mutex);
      if (--run_->lanes == 0) run_->idle.notify_all();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    if (!run_->spec.authorization.empty()) {
      context_->AddMetadata("authorization", run_->spec.authorization);
    }
    start_ = Clock::now();
    stub_.UnaryCall(context_.get(), run_->spec.method, grpc::StubOptions(), &run_->spec.request,
                    &reply_, [this](grpc::Status status) {
                      run_->latency[static_cast<size_t>(slot_)] = NanosSince(start_);
                      ++(status.ok() ? run_->ok : run_->refused);
                      Next();
                    });
  }

 private:
  Stub stub_;
  Run* const run_;
  int slot_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::EchoReply reply_;
  Clock::time_point start_;
};

}  // namespace

double LoadResult::MicrosAt(double quantile) const {
  if (latency_ns.empty()) return 0;
  const auto last = static_cast<double>(latency_ns.size() - 1);
  return static_cast<double>(latency_ns[static_cast<size_t>(quantile * last)]) / 1000;
}

LoadResult RunLoad(const std::vector<std::shared_ptr<grpc::Channel>>& connections,
                   const LoadSpec& spec) {
  Run run(spec);
  std::vector<std::unique_ptr<Lane>> lanes;
  for (const auto& connection : connections) {
    for (int i = 0; i < spec.per_connection; ++i) {
      lanes.push_back(std::make_unique<Lane>(connection, &run));
    }
  }
  run.lanes = static_cast<int>(lanes.size());
  const Clock::time_point start = Clock::now();
  for (const auto& lane : lanes) lane->Next();
  {
    std::unique_lock<std::mutex> lock(run.mutex);
    run.idle.wait(lock, [&run] { return run.lanes == 0; });
  }
  LoadResult result{.seconds = static_cast<double>(NanosSince(start)) / 1e9,
                    .ok = run.ok,
                    .refused = run.refused,
                    .latency_ns = std::move(run.latency)};
  std::sort(result.latency_ns.begin(), result.latency_ns.end());
  return result;
}

}  // namespace warden::testing
