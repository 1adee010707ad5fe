#include "interceptors/stages/admission.h"

#include "absl/strings/str_cat.h"

namespace warden {

std::optional<Refusal> AdmissionStage::Run(Call& call) {
  const size_t bytes = call.transport.metadata_bytes;
  if (bytes <= max_metadata_bytes_) return std::nullopt;
  return Refusal{
      .reason = Reason::kMetadataTooLarge,
      .detail = absl::StrCat(bytes, " bytes of metadata, ", max_metadata_bytes_, " are allowed")};
}

}  // namespace warden
