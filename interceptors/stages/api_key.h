// Fourth stage: the call's API key.
#ifndef WARDEN_INTERCEPTORS_STAGES_API_KEY_H_
#define WARDEN_INTERCEPTORS_STAGES_API_KEY_H_

#include <memory>

#include "authz/apikey/store.h"
#include "interceptors/stage.h"

namespace warden {

// Sets Call::api_key from the entry `x-api-key`, or refuses what is not one good key. A call
// without the entry goes on without a key: whether it needs one is for the method's `authn` and
// access to say. A key that is sent is verified even where none is needed.
class ApiKeyStage final : public Stage {
 public:
  // `keys` is null where no API keys are configured: every key is refused then.
  explicit ApiKeyStage(std::shared_ptr<const ApiKeyStore> keys) : keys_(std::move(keys)) {}
  std::string_view name() const override { return "api_key"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const std::shared_ptr<const ApiKeyStore> keys_;
};

// The same for a call that goes on: whether the keys in force would refuse a key that an earlier
// set of them accepted.
std::optional<Refusal> CheckKeyStill(const ApiKeyStore& keys, const VerifiedApiKey& key,
                                     absl::Time now);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_API_KEY_H_
