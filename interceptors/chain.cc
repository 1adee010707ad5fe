#include "interceptors/chain.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <utility>

#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

int64_t SteadyNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// An error inside Warden denies the call.
std::optional<Refusal> RunClosed(Stage& stage, Call& call) {
  try {
    return stage.Run(call);
  } catch (const std::exception& error) {
    return Refusal{.reason = Reason::kInternal, .detail = error.what()};
  } catch (...) {
    return Refusal{.reason = Reason::kInternal, .detail = "a stage threw"};
  }
}

}  // namespace

Chain::Chain(std::vector<std::unique_ptr<Stage>> stages, Metrics* metrics)
    : stages_(std::move(stages)), metrics_(metrics) {}

std::optional<ChainRefusal> Chain::Run(Call& call) {
  thread_local uint32_t calls = 0;
  if (calls++ % kMeasureEvery == 0) return RunMeasured(call);
  for (const std::unique_ptr<Stage>& stage : stages_) {
    std::optional<Refusal> refusal = RunClosed(*stage, call);
    if (refusal.has_value()) return ChainRefusal{*std::move(refusal), stage->name()};
  }
  return std::nullopt;
}

std::optional<ChainRefusal> Chain::RunMeasured(Call& call) {
  int64_t before = SteadyNanos();
  for (uint32_t i = 0; i < stages_.size(); ++i) {
    std::optional<Refusal> refusal = RunClosed(*stages_[i], call);
    const int64_t after = SteadyNanos();
    metrics_->RecordStage(i, after - before);
    before = after;
    if (refusal.has_value()) return ChainRefusal{*std::move(refusal), stages_[i]->name()};
  }
  return std::nullopt;
}

}  // namespace warden
