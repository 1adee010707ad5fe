#include "interceptors/stages/block_check.h"

namespace warden {

std::optional<Refusal> BlockCheck::Run(Call& call) {
  const bool resumed = call.waiting();  // the delay is over
  call.pending.reset();
  if (kind_ == BlockKind::kAddress) {
    std::optional<Refusal> refusal = abuse_->Check(kind_, call, resumed);
    return refusal.has_value() ? std::move(refusal) : stage_->Run(call);
  }
  if (!resumed) {
    std::optional<Refusal> refusal = stage_->Run(call);
    if (refusal.has_value()) return refusal;
  }
  return abuse_->Check(kind_, call, resumed);
}

}  // namespace warden
