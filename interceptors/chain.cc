#include "interceptors/chain.h"

#include <cstdint>
#include <exception>
#include <utility>

#include "interceptors/observe/metrics.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

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
  const bool measure = calls++ % kMeasureEvery == 0;
  for (; call.next_stage < stages_.size(); ++call.next_stage) {
    std::optional<ChainRefusal> refusal = measure ? RunMeasured(call) : RunOne(call);
    if (refusal.has_value() || call.waiting()) return refusal;
  }
  return std::nullopt;
}

std::optional<ChainRefusal> Chain::RunOne(Call& call) {
  Stage& stage = *stages_[call.next_stage];
  std::optional<Refusal> refusal = RunClosed(stage, call);
  if (!refusal.has_value()) return std::nullopt;
  call.pending.reset();  // a stage that threw may have left it
  return ChainRefusal{*std::move(refusal), stage.name()};
}

std::optional<ChainRefusal> Chain::RunMeasured(Call& call) {
  const int64_t before = SteadyNanos();
  std::optional<ChainRefusal> refusal = RunOne(call);
  metrics_->RecordStage(static_cast<uint32_t>(call.next_stage), SteadyNanos() - before);
  return refusal;
}

}  // namespace warden
