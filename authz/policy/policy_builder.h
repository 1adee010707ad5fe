// Makes a Policy of a policy file: everything that the file's grammar does not check. Internal to
// authz/policy.
#ifndef WARDEN_AUTHZ_POLICY_POLICY_BUILDER_H_
#define WARDEN_AUTHZ_POLICY_POLICY_BUILDER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/policy/binding_index.h"
#include "authz/policy/policy.h"
#include "warden/v1/policy.pb.h"

namespace warden {

// Used once.
class PolicyBuilder {
 public:
  PolicyBuilder(const v1::Policy& file, SourceMap places)
      : file_(file), places_(std::move(places)) {}

  // `sha256` is the version of the text. InvalidArgument with every problem.
  absl::StatusOr<std::shared_ptr<const Policy>> Build(std::string sha256);

 private:
  void BuildRoles();
  void BuildRole(const std::string& name, const v1::Role& role);
  void BuildBinding(const v1::Binding& binding, const std::string& path);
  BitSet BindingRoles(const v1::Binding& binding, const std::string& path);
  CompiledBinding::Claim BindingClaim(const v1::Binding& binding, const std::string& path);
  CompiledBinding::PeerNames BindingPeer(const v1::PeerMatch& peer, const std::string& path);
  CompiledBinding::KeyNames BindingApiKey(const v1::ApiKeyMatch& key, const std::string& path);

  // Copies the list and calls `check(text)`, which gives "" or what is wrong, for each item;
  // reports empty texts and duplicates.
  template <typename Check>
  std::vector<std::string> CheckList(const google::protobuf::RepeatedPtrField<std::string>& list,
                                     const std::string& path, Check check);

  void Report(const std::string& path, std::string_view message) {
    problems_.AddAt(places_, path, message);
  }

  const v1::Policy& file_;
  const SourceMap places_;
  ProblemList problems_;
  std::unique_ptr<Policy> policy_;
  std::vector<CompiledBinding> bindings_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_POLICY_BUILDER_H_
