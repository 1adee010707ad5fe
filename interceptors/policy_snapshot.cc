#include "interceptors/policy_snapshot.h"

#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "authz/policy/check.h"

namespace warden {
namespace {

bool HasAccess(const MethodAccess& access) {
  return access.kind != MethodAccess::Kind::kPermissions || !access.all_of.empty() ||
         !access.any_of.empty();
}

// Permissions of field rights that nobody could have. Several methods share messages.
void AddUnknownRights(const GuardedMethod& method, const Policy& policy, ProblemList* problems,
                      absl::flat_hash_set<const FieldRights*>* seen) {
  for (const auto& rights : {method.writable, method.readable}) {
    if (rights == nullptr || !seen->insert(rights.get()).second) continue;
    for (const Problem& problem : rights->UnknownPermissions(policy)) {
      problems->Add(problem.place, problem.message);
    }
  }
}

}  // namespace

std::shared_ptr<const PolicySnapshot> PolicySnapshot::Make(std::shared_ptr<const Policy> policy,
                                                           const std::deque<GuardedMethod>& methods,
                                                           ProblemList* problems) {
  std::shared_ptr<PolicySnapshot> snapshot(new PolicySnapshot(policy));
  snapshot->rules_.resize(methods.size());
  absl::flat_hash_set<const FieldRights*> seen;
  for (const GuardedMethod& method : methods) {
    if (method.descriptor == nullptr || !HasAccess(method.access)) continue;
    const std::vector<Problem> unknown =
        CheckPermissions(*method.descriptor, method.access, *policy);
    for (const Problem& problem : unknown) problems->Add(problem.place, problem.message);
    AddUnknownRights(method, *policy, problems, &seen);
    if (!unknown.empty()) continue;
    absl::StatusOr<AccessRule> rule = AccessRule::Compile(method.access, policy, method.name);
    if (rule.ok()) {
      snapshot->rules_[method.id] = *std::move(rule);
    } else {
      problems->Add(PlaceOf(*method.descriptor), std::string(rule.status().message()));
    }
  }
  return snapshot;
}

std::shared_ptr<const Principal> PolicySnapshot::PrincipalOf(Call& call) const {
  BitSet where;
  const VerifiedCredentials caller{.peer = call.peer,
                                   .token = call.token,
                                   .api_key = call.api_key,
                                   .peer_counts = call.peer_counts};
  if (policy_->uses_circumstances()) {
    const std::string_view method =
        call.method == nullptr ? std::string_view() : std::string_view(call.method->name);
    where = policy_->Where(caller, {.address = call.Address(), .method = method, .now = call.now});
  }
  Key key(call.peer.get(), call.token.get(), call.api_key.get(), call.peer_counts, where);
  Shard& shard = shards_[absl::Hash<Key>{}(key) % kShards];
  {
    MutexLock lock(&shard.mutex);
    const auto found = shard.made.find(key);
    if (found != shard.made.end()) return found->second;
  }
  std::shared_ptr<const Principal> principal = policy_->MakePrincipal(caller, where);
  absl::flat_hash_map<Key, std::shared_ptr<const Principal>> old;  // destroyed outside the lock
  MutexLock lock(&shard.mutex);
  if (shard.made.size() >= kMaxPerShard) shard.made.swap(old);
  shard.made.emplace(std::move(key), principal);
  return principal;
}

}  // namespace warden
