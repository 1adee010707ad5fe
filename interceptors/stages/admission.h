// First stage: what can be said of a call before anybody asks who makes it.
#ifndef WARDEN_INTERCEPTORS_STAGES_ADMISSION_H_
#define WARDEN_INTERCEPTORS_STAGES_ADMISSION_H_

#include <cstddef>

#include "interceptors/stage.h"

namespace warden {

// Refuses calls whose metadata is too large. gRPC itself bounds metadata only loosely, and
// everything after this stage works on it.
class AdmissionStage final : public Stage {
 public:
  explicit AdmissionStage(size_t max_metadata_bytes) : max_metadata_bytes_(max_metadata_bytes) {}
  std::string_view name() const override { return "admission"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const size_t max_metadata_bytes_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_ADMISSION_H_
