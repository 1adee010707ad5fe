// Third stage: the call's bearer token.
#ifndef WARDEN_INTERCEPTORS_STAGES_CREDENTIAL_H_
#define WARDEN_INTERCEPTORS_STAGES_CREDENTIAL_H_

#include <cstddef>
#include <memory>

#include "authz/token/token_cache.h"
#include "interceptors/stage.h"

namespace warden {

class Introspector;
class Metrics;

// Sets Call::token from `authorization: Bearer TOKEN` (RFC 6750 section 2.1), or refuses what is
// not one good token. A call without the entry goes on without a token: whether it needs one is for
// the method's access to say. A token that is sent is verified even where none is needed, and
// only the peer that it is bound to can present it.
class CredentialStage final : public Stage {
 public:
  // `tokens` is null where no issuer is configured: no JWT is believed then. `introspector` is null
  // where no authorization server is: no opaque token is. With it and no issuer, it is asked about
  // every token. `metrics` must outlive the stage.
  CredentialStage(std::shared_ptr<TokenCache> tokens, std::shared_ptr<Introspector> introspector,
                  size_t max_token_bytes, Metrics* metrics);
  std::string_view name() const override { return "credential"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  std::optional<Refusal> Verify(std::string_view token, Call& call);
  // Leaves the call waiting where the answer is not known yet.
  std::optional<Refusal> Introspect(std::string_view token, Call& call);
  std::optional<Refusal> Judge(TokenResult result, Call& call);

  const std::shared_ptr<TokenCache> tokens_;
  const std::shared_ptr<Introspector> introspector_;
  const size_t max_token_bytes_;
  Metrics* const metrics_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_CREDENTIAL_H_
