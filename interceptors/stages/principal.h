// Sixth stage: who makes the call, after all credentials.
#ifndef WARDEN_INTERCEPTORS_STAGES_PRINCIPAL_H_
#define WARDEN_INTERCEPTORS_STAGES_PRINCIPAL_H_

#include <array>
#include <cstddef>
#include <memory>
#include <tuple>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/policy/policy.h"
#include "authz/sync/mutex.h"
#include "interceptors/stage.h"

namespace warden {

// Sets Call::principal: the policy's roles for peer, token and API key. Never refuses.
//
// Peers, verified tokens and API keys are remembered as objects by the stages before, so the same
// caller brings the same pointers: the principal made of them is remembered by those, and by
// whether the peer counts, in bounded space.
class PrincipalStage final : public Stage {
 public:
  explicit PrincipalStage(std::shared_ptr<const Policy> policy);
  std::string_view name() const override { return "principal"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  using Key = std::tuple<const Peer*, const VerifiedToken*, const VerifiedApiKey*, bool>;
  static constexpr size_t kShards = 32;
  static constexpr size_t kMaxPerShard = 512;
  struct alignas(64) Shard {
    Mutex mutex;
    // A Principal keeps its peer, token and API key alive, so a key's pointers are not reused while
    // it is here.
    absl::flat_hash_map<Key, std::shared_ptr<const Principal>> made ABSL_GUARDED_BY(mutex);
  };

  const std::shared_ptr<const Policy> policy_;
  std::array<Shard, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_PRINCIPAL_H_
