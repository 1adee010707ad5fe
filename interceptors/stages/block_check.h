// Beside the stages that learn of address, peer and principal: whether these are blocked.
#ifndef WARDEN_INTERCEPTORS_STAGES_BLOCK_CHECK_H_
#define WARDEN_INTERCEPTORS_STAGES_BLOCK_CHECK_H_

#include <memory>
#include <utility>

#include "interceptors/abuse/abuse_control.h"
#include "interceptors/stage.h"

namespace warden {

// Runs a stage and then asks the block list of what the stage has learned; an address is asked for
// before. It bears the stage's name: to the operator both are one. Never around a stage that waits.
class BlockCheck final : public Stage {
 public:
  BlockCheck(std::unique_ptr<Stage> stage, BlockKind kind, std::shared_ptr<AbuseControl> abuse)
      : stage_(std::move(stage)), kind_(kind), abuse_(std::move(abuse)) {}
  std::string_view name() const override { return stage_->name(); }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const std::unique_ptr<Stage> stage_;
  const BlockKind kind_;
  const std::shared_ptr<AbuseControl> abuse_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_BLOCK_CHECK_H_
