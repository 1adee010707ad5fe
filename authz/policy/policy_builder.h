// Makes a Policy of a policy file: everything that the file's grammar does not check. Internal to
// authz/policy.
#ifndef WARDEN_AUTHZ_POLICY_POLICY_BUILDER_H_
#define WARDEN_AUTHZ_POLICY_POLICY_BUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/policy/denial.h"
#include "authz/policy/match_reader.h"
#include "authz/policy/policy.h"
#include "warden/v1/policy.pb.h"

namespace warden {

// Used once.
class PolicyBuilder {
 public:
  PolicyBuilder(const v1::Policy& file, SourceMap places)
      : file_(file), places_(std::move(places)), reader_(places_, &problems_) {}

  // `sha256` is the version of the text. InvalidArgument with every problem.
  absl::StatusOr<std::shared_ptr<const Policy>> Build(std::string sha256);

 private:
  // Whether the file keeps the bounds of Policy.
  bool CheckSizes();
  void NumberNames();
  void BuildRole(const std::string& name, const v1::Role& role);
  BitSet RolePermissions(const v1::Role& role, const std::string& path);
  // The permissions that the policy names and this wildcard stands for; each worked out once.
  const BitSet& CoveredBy(uint32_t wildcard);
  void ResolveInheritance();
  void BuildBinding(const v1::Binding& binding, const std::string& path);
  void BuildDenial(const v1::Denial& denial, const std::string& path);
  BitSet ReadRoles(const google::protobuf::RepeatedPtrField<std::string>& list,
                   const std::string& path);
  void AddAddresses(const google::protobuf::RepeatedPtrField<std::string>& ranges,
                    const std::string& path, bool of_denial, CallerMatch* match);
  void AddCondition(const std::string& when, const std::string& path, bool of_denial,
                    CallerMatch* match);
  void IndexMatches();

  void Report(const std::string& path, std::string_view message) {
    problems_.AddAt(places_, path, message);
  }

  const v1::Policy& file_;
  const SourceMap places_;
  ProblemList problems_;
  MatchReader reader_;
  std::unique_ptr<Policy> policy_;
  absl::flat_hash_map<uint32_t, BitSet> covered_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_POLICY_BUILDER_H_
