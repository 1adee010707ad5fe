// Second stage: who is at the other end of the connection.
#ifndef WARDEN_INTERCEPTORS_STAGES_IDENTITY_H_
#define WARDEN_INTERCEPTORS_STAGES_IDENTITY_H_

#include <memory>
#include <vector>

#include "interceptors/peer_rules.h"
#include "interceptors/stage.h"

namespace warden {

// Sets Call::peer from the connection's certificate, or from what a trusted proxy says of its
// client's, or refuses one that is not acceptable to the port.
class IdentityStage final : public Stage {
 public:
  // The rules of each port; those of ports without a name stand first. `certificate_required` is
  // false only on servers with an insecure port; a peer without a certificate is then a Peer
  // without names.
  IdentityStage(std::vector<std::shared_ptr<PeerRules>> ports, bool certificate_required);
  std::string_view name() const override { return "identity"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  // Null where the connection's port has none.
  PeerRules* RulesOf(const Call& call) const;
  std::optional<Refusal> TakeForwarded(PeerRules& rules, IdentityVerifier::Result result,
                                       Call& call) const;

  const std::vector<std::shared_ptr<PeerRules>> ports_;
  const bool certificate_required_;
  const std::shared_ptr<const Peer> nobody_ = std::make_shared<Peer>();
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_IDENTITY_H_
