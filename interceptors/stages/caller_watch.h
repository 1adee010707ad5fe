// Beside the stage that learns of the principal: whether its token looks stolen.
#ifndef WARDEN_INTERCEPTORS_STAGES_CALLER_WATCH_H_
#define WARDEN_INTERCEPTORS_STAGES_CALLER_WATCH_H_

#include <memory>
#include <utility>

#include "interceptors/anomalies/anomaly_detector.h"
#include "interceptors/stage.h"

namespace warden {

// Runs a stage and then shows the call to the detector. Bears the stage's name; never refuses.
class CallerWatch final : public Stage {
 public:
  // `detector` must outlive the stage.
  CallerWatch(std::unique_ptr<Stage> stage, AnomalyDetector* detector)
      : stage_(std::move(stage)), detector_(detector) {}
  std::string_view name() const override { return stage_->name(); }
  std::optional<Refusal> Run(Call& call) override {
    std::optional<Refusal> refusal = stage_->Run(call);
    if (!refusal.has_value()) detector_->OnCaller(call);
    return refusal;
  }

 private:
  const std::unique_ptr<Stage> stage_;
  AnomalyDetector* const detector_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_CALLER_WATCH_H_
