// Second stage: who is at the other end of the connection.
#ifndef WARDEN_INTERCEPTORS_STAGES_IDENTITY_H_
#define WARDEN_INTERCEPTORS_STAGES_IDENTITY_H_

#include <memory>

#include "authz/identity/peer_cache.h"
#include "interceptors/stage.h"

namespace warden {

// Sets Call::peer from the connection's certificate, or refuses one that is not acceptable.
class IdentityStage final : public Stage {
 public:
  // `certificate_required` is false only on servers with an insecure port; a peer without a
  // certificate is then a Peer without names.
  IdentityStage(std::shared_ptr<PeerCache> peers, bool certificate_required);
  std::string_view name() const override { return "identity"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const std::shared_ptr<PeerCache> peers_;
  const bool certificate_required_;
  const std::shared_ptr<const Peer> nobody_ = std::make_shared<Peer>();
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_IDENTITY_H_
