#include "authz/policy/policy.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/apikey/verified_api_key.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"
#include "authz/policy/access_condition.h"
#include "authz/policy/denial.h"
#include "authz/policy/match_index.h"
#include "authz/policy/policy_builder.h"
#include "authz/token/verified_token.h"
#include "warden/v1/policy.pb.h"

namespace warden {
namespace {

// A caller as matches see it, with what that points into.
class Facts {
 public:
  explicit Facts(const VerifiedCredentials& caller) {
    view_.peer = caller.peer.get();
    view_.peer_counts = caller.peer_counts;
    if (caller.token != nullptr) {
      view_.token = &token_.emplace(TokenClaims{caller.token->issuer(), caller.token->claims()});
    }
    if (caller.api_key != nullptr) {
      view_.api_key =
          &api_key_.emplace(ApiKeyFacts{caller.api_key->id(), caller.api_key->scopes()});
    }
  }
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  const CallerFacts& view() const { return view_; }

 private:
  std::optional<TokenClaims> token_;
  std::optional<ApiKeyFacts> api_key_;
  CallerFacts view_;
};

absl::StatusOr<std::string> Sha256Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    return absl::InternalError("SHA-256 is not available");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), length));
}

}  // namespace

Policy::Policy() = default;
Policy::~Policy() = default;

absl::StatusOr<std::shared_ptr<const Policy>> Policy::FromYaml(std::string_view text,
                                                               std::string_view file_name) {
  v1::Policy file;
  SourceMap places;
  if (const absl::Status status = LoadYaml(text, file_name, &file, &places); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::string> sha256 = Sha256Hex(text);
  if (!sha256.ok()) return sha256.status();
  return PolicyBuilder(file, std::move(places)).Build(*std::move(sha256));
}

absl::StatusOr<std::shared_ptr<const Policy>> Policy::FromFile(const std::string& path) {
  std::string text;
  if (const absl::Status status = ReadBoundedFile(path, YamlBounds().max_bytes, &text);
      !status.ok()) {
    return status;
  }
  return FromYaml(text, path);
}

BitSet Policy::Where(std::string_view address) const {
  BitSet where(circumstances_.size());
  if (circumstances_.empty()) return where;
  const std::optional<IpAddress> ip = IpAddress::Parse(address);
  for (size_t i = 0; i < circumstances_.size(); ++i) {
    const Circumstance& one = circumstances_[i];
    const bool known = ip.has_value() && !one.when.has_value();
    if (known ? one.addresses.Contains(*ip) : one.of_denial) where.Add(i);
  }
  return where;
}

CallerRights Policy::RightsOfRoles(const BitSet& bound) const {
  CallerRights rights;
  bound.ForEach([&](size_t id) {
    rights.roles.AddAll(role_rights_[id].roles);
    rights.permissions.AddAll(role_rights_[id].permissions);
    rights.ordinary.AddAll(role_rights_[id].ordinary);
  });
  return rights;
}

BitSet Policy::DenialsOf(const BitSet& holding, const BitSet& roles) const {
  BitSet denials;
  holding.ForEach([&](size_t number) {
    const BitSet& asked = denials_[number].roles;
    if (asked.empty() || roles.HasAny(asked)) denials.Add(number);
  });
  return denials;
}

BitSet Policy::BindingsHolding(const CallerFacts& caller, const BitSet& where) const {
  CallerFacts counting = caller;
  if (!caller.peer_counts) counting.peer = nullptr;
  return binding_index_->Holding(counting, where);
}

CallerRights Policy::RightsOf(const CallerFacts& caller, const BitSet& where) const {
  BitSet bound;
  BindingsHolding(caller, where).ForEach([&](size_t number) {
    bound.AddAll(bindings_[number].roles);
  });
  CallerRights rights = RightsOfRoles(bound);
  if (!denials_.empty()) {
    rights.denials = DenialsOf(denial_index_->Holding(caller, where), rights.roles);
  }
  return rights;
}

CallerRights Policy::RightsOfRole(std::string_view role) const {
  BitSet bound;
  if (const std::optional<uint32_t> id = role_names_->Find(role); id.has_value()) bound.Add(*id);
  CallerRights rights = RightsOfRoles(bound);
  rights.denials = DenialsOf(denial_index_->Holding(CallerFacts{}, BitSet()), rights.roles);
  return rights;
}

BitSet Policy::Where(const VerifiedCredentials& caller, const CallFacts& call) const {
  BitSet where = Where(call.address);
  if (HasConditions(/*of_denial=*/false)) {
    AskConditions(/*of_denial=*/false, *PrincipalWith(caller, {}), call, &where);
  }
  if (!HasConditions(/*of_denial=*/true)) return where;
  // Denials may ask for the roles, which what bindings hang on has decided.
  BitSet bound;
  BindingsHolding(Facts(caller).view(), where).ForEach([&](size_t number) {
    bound.AddAll(bindings_[number].roles);
  });
  AskConditions(/*of_denial=*/true, *PrincipalWith(caller, RightsOfRoles(bound)), call, &where);
  return where;
}

bool Policy::HasConditions(bool of_denial) const {
  return std::any_of(circumstances_.begin(), circumstances_.end(), [&](const Circumstance& one) {
    return one.when.has_value() && one.of_denial == of_denial;
  });
}

void Policy::AskConditions(bool of_denial, const Principal& caller, const CallFacts& call,
                           BitSet* where) const {
  condition::AccessFacts facts = FactsOf(caller);
  facts.address = call.address;
  facts.method = call.method;
  facts.now = call.now;
  const condition::AccessActivation activation(facts);
  const auto holds = [&](const condition::Condition& when) {
    const condition::Outcome outcome = when.Evaluate(activation);
    return outcome.holds() || (of_denial && outcome.verdict == condition::Verdict::kError);
  };
  BitSet known(circumstances_.size());
  for (size_t i = 0; i < circumstances_.size(); ++i) {
    const Circumstance& one = circumstances_[i];
    const bool asked = one.when.has_value() && one.of_denial == of_denial;
    if (asked ? holds(*one.when) : where->Has(i)) known.Add(i);
  }
  *where = std::move(known);
}

std::shared_ptr<const Principal> Policy::MakePrincipal(VerifiedCredentials caller) const {
  return MakePrincipal(std::move(caller), Where(""));
}

std::shared_ptr<const Principal> Policy::MakePrincipal(VerifiedCredentials caller,
                                                       const BitSet& where) const {
  CallerRights rights = RightsOf(Facts(caller).view(), where);
  return PrincipalWith(std::move(caller), std::move(rights));
}

std::shared_ptr<const Principal> Policy::PrincipalWith(VerifiedCredentials caller,
                                                       CallerRights rights) const {
  static const auto* const kNoPeer =
      new std::shared_ptr<const Peer>(std::make_shared<const Peer>());
  if (caller.peer == nullptr) caller.peer = *kNoPeer;
  std::vector<std::string> roles;
  rights.roles.ForEach(
      [&](size_t id) { roles.push_back(role_names_->name(static_cast<uint32_t>(id))); });
  return std::shared_ptr<const Principal>(
      new Principal(std::move(caller), std::move(roles), permission_names_, std::move(rights)));
}

bool Policy::GrantsAnywhere(std::string_view permission) const {
  bool given = permission_names_->Find(permission).has_value();
  permission_names_->ForEachCovering(permission, [&](uint32_t) { given = true; });
  return given;
}

const BitSet& Policy::PermissionsOf(std::string_view role) const {
  static const auto* const kNone = new BitSet;
  const std::optional<uint32_t> id = role_names_->Find(role);
  return id.has_value() ? role_rights_[*id].permissions : *kNone;
}

bool Policy::has_break_glass() const {
  return std::any_of(role_specs_.begin(), role_specs_.end(),
                     [](const RoleSpec& role) { return role.break_glass; });
}

std::vector<std::string> Policy::UnboundRoles() const {
  BitSet bound;
  for (const Binding& binding : bindings_) bound.AddAll(RightsOfRoles(binding.roles).roles);
  std::vector<std::string> unbound;
  for (uint32_t id = 0; id < role_names_->size(); ++id) {
    if (!bound.Has(id)) unbound.push_back(role_names_->name(id));
  }
  return unbound;
}

std::string Policy::PlaceOfRole(std::string_view role) const {
  return places_.Place(ChildPath("roles", role));
}

std::string Policy::PlaceOfPermission(std::string_view permission) const {
  std::optional<uint32_t> id = permission_names_->Find(permission);
  permission_names_->ForEachCovering(permission, [&](uint32_t wildcard) {
    if (!id.has_value()) id = wildcard;
  });
  return id.has_value() ? places_.Place(permission_paths_[*id]) : file_name_;
}

std::string Policy::DenialText(size_t denial) const {
  if (denial >= denials_.size()) return "denied";
  const Denial& one = denials_[denial];
  const std::string place = places_.Place(one.path);
  return one.description.empty() ? absl::StrCat("denied by ", place)
                                 : absl::StrCat("denied by ", place, " (", one.description, ")");
}

}  // namespace warden
