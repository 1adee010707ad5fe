// One version of the policy with everything that was compiled against it.
#ifndef WARDEN_INTERCEPTORS_POLICY_SNAPSHOT_H_
#define WARDEN_INTERCEPTORS_POLICY_SNAPSHOT_H_

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/config/problem.h"
#include "authz/policy/access.h"
#include "authz/policy/policy.h"
#include "authz/sync/mutex.h"
#include "interceptors/call.h"
#include "interceptors/guarded_method.h"

namespace warden {

// A call holds one from the moment that its principal is made until it was let through or refused,
// so no decision is made of two versions, whatever is loaded meanwhile. Thread-safe.
class PolicySnapshot {
 public:
  // Compiles the access of each method, by its id. Adds what is wrong to `problems`; the snapshot
  // is of no use then. Methods whose annotations are wrong, which is somebody else's to report,
  // allow nobody.
  static std::shared_ptr<const PolicySnapshot> Make(std::shared_ptr<const Policy> policy,
                                                    const std::deque<GuardedMethod>& methods,
                                                    ProblemList* problems);

  const Policy& policy() const { return *policy_; }
  const std::shared_ptr<const Policy>& shared_policy() const { return policy_; }
  // Of one of the methods that Make was given.
  const AccessRule& RuleOf(const GuardedMethod& method) const { return rules_[method.id]; }

  // Who makes the call, as this version sees them. REQUIRES: the call's credentials were judged.
  //
  // Peers, verified tokens and API keys are remembered as objects by the stages before, so the same
  // caller brings the same pointers: the principal made of them is remembered by those, by whether
  // the peer counts and by the circumstances that the policy asks for, in bounded space.
  std::shared_ptr<const Principal> PrincipalOf(Call& call) const;

 private:
  using Key = std::tuple<const Peer*, const VerifiedToken*, const VerifiedApiKey*, bool, BitSet>;
  static constexpr size_t kShards = 32;
  static constexpr size_t kMaxPerShard = 512;
  struct alignas(64) Shard {
    Mutex mutex;
    // A Principal keeps its peer, token and API key alive, so a key's pointers are not reused while
    // it is here.
    absl::flat_hash_map<Key, std::shared_ptr<const Principal>> made ABSL_GUARDED_BY(mutex);
  };

  explicit PolicySnapshot(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}

  const std::shared_ptr<const Policy> policy_;
  std::vector<AccessRule> rules_;  // by method id
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_POLICY_SNAPSHOT_H_
