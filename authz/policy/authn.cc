#include "authz/policy/authn.h"

#include <google/protobuf/unknown_field_set.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

constexpr std::array<Credential, 3> kCredentials = {Credential::kPeer, Credential::kBearer,
                                                    Credential::kApiKey};

bool FromProto(int number, Credential* credential) {
  switch (number) {
    case v1::Authn::PEER:
      *credential = Credential::kPeer;
      return true;
    case v1::Authn::BEARER:
      *credential = Credential::kBearer;
      return true;
    case v1::Authn::API_KEY:
      *credential = Credential::kApiKey;
      return true;
    default:
      return false;
  }
}

CredentialSet ReadList(const google::protobuf::RepeatedField<int>& list, std::string_view name,
                       std::vector<std::string>* problems) {
  CredentialSet set;
  for (const int number : list) {
    Credential credential{};
    if (!FromProto(number, &credential)) {
      problems->push_back(absl::StrCat("`authn.", std::string(name), "` has ", number,
                                       ", which is none of PEER, BEARER and API_KEY"));
      continue;
    }
    if (set.Has(credential)) {
      problems->push_back(absl::StrCat("`authn.", std::string(name), "` has ",
                                       std::string(ToString(credential)), " twice"));
    }
    set.Add(credential);
  }
  return set;
}

CredentialSet Without(CredentialSet set, CredentialSet other) {
  CredentialSet rest;
  for (const Credential credential : kCredentials) {
    if (set.Has(credential) && !other.Has(credential)) rest.Add(credential);
  }
  return rest;
}

}  // namespace

std::string_view ToString(Credential credential) {
  switch (credential) {
    case Credential::kPeer:
      return "PEER";
    case Credential::kBearer:
      return "BEARER";
    case Credential::kApiKey:
      break;
  }
  return "API_KEY";
}

std::string ToString(CredentialSet set) {
  std::vector<std::string> names;
  for (const Credential credential : kCredentials) {
    if (set.Has(credential)) names.emplace_back(ToString(credential));
  }
  return names.empty() ? "nothing" : absl::StrJoin(names, ", ");
}

std::string ToString(const MethodAuthn& authn) {
  if (authn.AcceptsAll()) return "any";
  std::string text = authn.all.empty() ? "" : ToString(authn.all);
  if (authn.any.empty()) return text;
  absl::StrAppend(&text, text.empty() ? "" : " and ", "one of (", ToString(authn.any), ")");
  return text;
}

AuthnVerdict MethodAuthn::Judge(CredentialSet brought) const {
  if (AcceptsAll()) return AuthnVerdict::kOk;
  for (const Credential credential : {Credential::kBearer, Credential::kApiKey}) {
    if (brought.Has(credential) && !Accepts(credential)) return AuthnVerdict::kNotAccepted;
  }
  const bool enough = brought.HasAll(all) && (any.empty() || brought.HasAny(any));
  return enough ? AuthnVerdict::kOk : AuthnVerdict::kMissing;
}

bool MethodAuthn::SatisfiableWith(CredentialSet known) const {
  return known.HasAll(all) && (any.empty() || known.HasAny(any));
}

std::vector<std::string> ReadAuthn(const v1::Authn& authn, MethodAuthn* out) {
  std::vector<std::string> problems;
  const auto& unknown = authn.GetReflection()->GetUnknownFields(authn);
  if (unknown.field_count() > 0) {
    problems.push_back(absl::StrCat("`authn` has a field ", unknown.field(0).number(),
                                    " that this version of Warden does not know"));
  }
  out->any = ReadList(authn.any(), "any", &problems);
  out->all = ReadList(authn.all(), "all", &problems);
  for (const Credential credential : kCredentials) {
    if (!out->any.Has(credential) || !out->all.Has(credential)) continue;
    problems.push_back(absl::StrCat("`authn` has ", std::string(ToString(credential)),
                                    " in `any` and in `all`, so `any` asks for nothing"));
  }
  return problems;
}

std::string UnsatisfiableAuthn(const MethodAuthn& authn, CredentialSet known) {
  const CredentialSet lacking = Without(authn.any.With(authn.all), known);
  std::vector<std::string> remedies;
  if (lacking.Has(Credential::kBearer)) {
    remedies.emplace_back("BEARER needs `tokens.issuers` or `tokens.introspection`");
  }
  if (lacking.Has(Credential::kApiKey)) remedies.emplace_back("API_KEY needs `api_keys`");
  if (lacking.Has(Credential::kPeer)) remedies.emplace_back("PEER needs a port with TLS");
  return absl::StrCat("nobody can bring what `authn` asks for, ", ToString(authn),
                      ": in the configuration ", absl::StrJoin(remedies, ", "));
}

}  // namespace warden
