#include "interceptors/stages/api_key.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

Reason ReasonOf(ApiKeyRefusal refusal) {
  switch (refusal) {
    case ApiKeyRefusal::kMalformed:
      return Reason::kCredentialsMalformed;
    case ApiKeyRefusal::kNotYetValid:
    case ApiKeyRefusal::kExpired:
      return Reason::kApiKeyExpired;
    case ApiKeyRefusal::kDisabled:
      return Reason::kApiKeyRevoked;
    default:
      return Reason::kApiKeyUnknown;
  }
}

}  // namespace

std::optional<Refusal> ApiKeyStage::Run(Call& call) {
  const int entries = call.transport.api_key_entries;
  if (entries == 0) return std::nullopt;
  if (entries > 1) {
    return Refusal{.reason = Reason::kCredentialsAmbiguous,
                   .detail = absl::StrCat(entries, " x-api-key entries")};
  }
  if (keys_ == nullptr) {
    return Refusal{.reason = Reason::kApiKeyUnknown, .detail = "no API keys are configured"};
  }
  ApiKeyResult result = keys_->Verify(call.transport.api_key, call.now);
  if (result.key == nullptr) {
    return Refusal{.reason = ReasonOf(result.refusal), .detail = std::move(result.detail)};
  }
  call.api_key = std::move(result.key);
  return std::nullopt;
}

std::optional<Refusal> CheckKeyStill(const ApiKeyStore& keys, const VerifiedApiKey& key,
                                     absl::Time now) {
  switch (keys.current()->CheckStill(key, now)) {
    case ApiKeyRefusal::kNone:
    case ApiKeyRefusal::kNotYetValid:  // was good before; only its end matters now
      return std::nullopt;
    case ApiKeyRefusal::kExpired:
      return Refusal{.reason = Reason::kApiKeyExpired,
                     .detail = absl::StrCat(key.id(), " expired while the stream went on")};
    default:
      return Refusal{.reason = Reason::kApiKeyRevoked,
                     .detail = absl::StrCat(key.id(), " was disabled, deleted or rotated")};
  }
}

}  // namespace warden
