// Whether a policy fits the server that it is for.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/policy/access.h"
#include "authz/policy/denial.h"
#include "authz/policy/policy.h"

namespace warden {
namespace {

// What `match`, at `path`, asks of a token's issuer. `gives` tells bindings from denials: a denial
// may be about the tokens of all issuers.
void CheckMatchIssuer(const CallerMatch& match, const std::string& path, bool gives,
                      const std::vector<std::string>& trusted, const SourceMap& places,
                      ProblemList* problems) {
  if (!match.ByToken()) return;
  if (trusted.empty()) {
    problems->AddAt(places, path, "can never hold: the server trusts no issuer of tokens");
  } else if (match.issuer.empty() && trusted.size() > 1 && gives) {
    problems->AddAt(places, path,
                    absl::StrCat("needs an `issuer`: the server trusts ", trusted.size(),
                                 " issuers, and each of them could give these roles"));
  } else if (!match.issuer.empty() &&
             std::find(trusted.begin(), trusted.end(), match.issuer) == trusted.end()) {
    problems->AddAt(places, ChildPath(path, "issuer"),
                    absl::StrCat("the server does not trust the issuer ", Quoted(match.issuer),
                                 Suggestion(match.issuer, trusted)));
  }
}

}  // namespace

absl::Status Policy::CheckIssuers(absl::Span<const std::string> trusted_issuers) const {
  ProblemList problems;
  const std::vector<std::string> trusted(trusted_issuers.begin(), trusted_issuers.end());
  for (size_t i = 0; i < bindings_.size(); ++i) {
    CheckMatchIssuer(bindings_[i].match, ItemPath("bindings", i), /*gives=*/true, trusted, places_,
                     &problems);
  }
  for (const Denial& denial : denials_) {
    CheckMatchIssuer(denial.match, denial.path, /*gives=*/false, trusted, places_, &problems);
  }
  return problems.ToStatus();
}

absl::Status Policy::CheckApiKeys(bool has_api_keys) const {
  ProblemList problems;
  const auto check = [&](const CallerMatch& match, const std::string& path) {
    if (has_api_keys || !match.api_key.has_value()) return;
    problems.AddAt(places_, ChildPath(path, "api_key"),
                   "can never hold: the server's configuration has no `api_keys`");
  };
  for (size_t i = 0; i < bindings_.size(); ++i) check(bindings_[i].match, ItemPath("bindings", i));
  for (const Denial& denial : denials_) check(denial.match, denial.path);
  return problems.ToStatus();
}

absl::Status Policy::CheckDenials(absl::Span<const PolicyMethod> served) const {
  ProblemList problems;
  std::set<std::string> permissions;
  std::set<std::string> methods;
  for (const PolicyMethod& method : served) {
    permissions.insert(method.access->all_of.begin(), method.access->all_of.end());
    permissions.insert(method.access->any_of.begin(), method.access->any_of.end());
    methods.emplace(method.name);
    // Its whole service, so that it is suggested where its name is misspelt.
    methods.insert(absl::StrCat(std::string(method.name.substr(0, method.name.rfind('/'))), "/*"));
  }
  using CoversName = bool (*)(std::string_view, std::string_view);
  const auto check = [&](const std::vector<std::string>& patterns, const std::string& path,
                         const std::set<std::string>& names, CoversName covers,
                         std::string_view complaint) {
    for (size_t i = 0; i < patterns.size(); ++i) {
      const bool used = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return covers(patterns[i], name);
      });
      if (used) continue;
      problems.AddAt(
          places_, ItemPath(path, i),
          absl::StrCat("denies nothing: ", std::string(complaint), " ", Quoted(patterns[i]),
                       Suggestion(patterns[i], {names.begin(), names.end()})));
    }
  };
  for (const Denial& denial : denials_) {
    check(denial.permissions, ChildPath(denial.path, "permissions"), permissions, Covers,
          "no method of the server asks for");
    check(denial.methods, ChildPath(denial.path, "methods"), methods, MethodPatternCovers,
          "the server has no method");
  }
  return problems.ToStatus();
}

}  // namespace warden
