#include "authz/policy/step_up.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/config/problem.h"
#include "authz/token/verified_token.h"
#include "nlohmann/json.hpp"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using google::protobuf::RepeatedPtrField;
using nlohmann::json;

constexpr double kLastSecond = 253402300799;        // of the year 9999
constexpr int64_t kMostSeconds = 10 * 365 * 86400;  // a challenge with more is a mistake

// What may stand between the quotes of a challenge, in a list that is joined by spaces: RFC 6749
// appendix A's NQCHAR.
bool FitsChallenge(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '!' && c <= '~' && c != '"' && c != '\\';
  });
}

void ReadTexts(const RepeatedPtrField<std::string>& list, std::string_view field,
               std::vector<std::string>* out, std::vector<std::string>* problems) {
  for (const std::string& text : list) {
    if (!FitsChallenge(text)) {
      problems->push_back(
          absl::StrCat("`step_up.", std::string(field), "` has ", Quoted(text),
                       "; use printable ASCII without spaces, quotation marks and backslashes"));
    } else if (std::find(out->begin(), out->end(), text) != out->end()) {
      problems->push_back(
          absl::StrCat("`step_up.", std::string(field), "` has ", Quoted(text), " twice"));
    }
    out->push_back(text);
  }
}

// Null where the claim is missing.
const json* Find(const VerifiedToken& token, const char* name) {
  const json& claims = token.claims();
  const auto found = claims.find(name);
  return found == claims.end() ? nullptr : &*found;
}

// How far the clocks of the token's issuer may differ, as far as the token shows it.
absl::Duration LeewayOf(const VerifiedToken& token) {
  if (token.expires_at() == absl::InfiniteFuture()) return absl::ZeroDuration();
  return std::max(token.valid_until() - token.expires_at(), absl::ZeroDuration());
}

std::string_view AgeLack(absl::Duration max_age, const VerifiedToken& token, absl::Time now) {
  const json* const claim = Find(token, "auth_time");
  if (claim == nullptr) return "the token has no `auth_time`";
  if (!claim->is_number()) return "`auth_time` is not a number";
  const double seconds = claim->get<double>();
  if (!(seconds >= 0 && seconds <= kLastSecond)) return "`auth_time` is out of range";
  const absl::Time authenticated = absl::UnixEpoch() + absl::Seconds(seconds);
  if (authenticated > now + LeewayOf(token)) return "`auth_time` is in the future";
  if (now - authenticated > max_age) return "`auth_time` is too long ago";
  return "";
}

std::string_view AcrLack(const std::vector<std::string>& accepted, const VerifiedToken& token) {
  const json* const claim = Find(token, "acr");
  if (claim == nullptr) return "the token has no `acr`";
  if (!claim->is_string()) return "`acr` is not a text";
  const std::string& acr = claim->get_ref<const std::string&>();
  if (std::find(accepted.begin(), accepted.end(), acr) != accepted.end()) return "";
  return "`acr` is another one";
}

std::string_view AmrLack(const std::vector<std::string>& needed, const VerifiedToken& token) {
  const json* const claim = Find(token, "amr");
  if (claim == nullptr) return "the token has no `amr`";
  if (!claim->is_array()) return "`amr` is not a list";
  if (!std::all_of(claim->begin(), claim->end(), [](const json& m) { return m.is_string(); })) {
    return "`amr` is not a list of texts";
  }
  const bool has_all = std::all_of(needed.begin(), needed.end(), [&](const std::string& method) {
    return std::find(claim->begin(), claim->end(), json(method)) != claim->end();
  });
  return has_all ? "" : "`amr` does not have all that are asked for";
}

}  // namespace

std::string ToString(const StepUp& step_up) {
  std::vector<std::string> parts;
  if (step_up.max_age != absl::InfiniteDuration()) {
    parts.push_back(
        absl::StrCat("authenticated at most ", absl::ToInt64Seconds(step_up.max_age), "s ago"));
  }
  if (!step_up.acr.empty()) {
    parts.push_back(absl::StrCat("acr ", absl::StrJoin(step_up.acr, " or ")));
  }
  if (!step_up.amr.empty()) {
    parts.push_back(absl::StrCat("amr ", absl::StrJoin(step_up.amr, " and ")));
  }
  return absl::StrJoin(parts, ", ");
}

std::vector<std::string> ReadStepUp(const v1::StepUp& step_up, StepUp* out) {
  std::vector<std::string> problems;
  const auto& unknown = step_up.GetReflection()->GetUnknownFields(step_up);
  if (unknown.field_count() > 0) {
    problems.push_back(absl::StrCat(
        "`step_up` has a field ", unknown.field(0).number(),
        " that this version of Warden does not know; its restriction cannot be left out"));
  }
  if (!step_up.has_max_age() && step_up.acr().empty() && step_up.amr().empty()) {
    problems.push_back("`step_up` asks for nothing; set `max_age`, `acr` or `amr`");
  }
  if (step_up.has_max_age()) {
    const auto& age = step_up.max_age();
    if (age.seconds() < 1 || age.seconds() > kMostSeconds || age.nanos() != 0) {
      problems.push_back("`step_up.max_age` must be 1 second to 10 years, in whole seconds");
    }
    out->max_age = absl::Seconds(age.seconds());
  }
  ReadTexts(step_up.acr(), "acr", &out->acr, &problems);
  ReadTexts(step_up.amr(), "amr", &out->amr, &problems);
  return problems;
}

std::string WhatTokenLacks(const StepUp& step_up, const VerifiedToken* token, absl::Time now) {
  if (token == nullptr) return "the call brings no token";
  std::string lacks;
  const auto add = [&lacks](std::string_view lack) {
    if (!lack.empty()) absl::StrAppend(&lacks, lacks.empty() ? "" : "; ", std::string(lack));
  };
  if (step_up.max_age != absl::InfiniteDuration()) add(AgeLack(step_up.max_age, *token, now));
  if (!step_up.acr.empty()) add(AcrLack(step_up.acr, *token));
  if (!step_up.amr.empty()) add(AmrLack(step_up.amr, *token));
  return lacks;
}

std::shared_ptr<const StepUpRule> MakeStepUpRule(const StepUp& step_up) {
  auto rule = std::make_shared<StepUpRule>();
  rule->need = step_up;
  const bool age_alone = step_up.acr.empty() && step_up.amr.empty();
  auto& parameters = rule->parameters;
  parameters.emplace_back("error", "insufficient_user_authentication");
  parameters.emplace_back("error_description",
                          age_alone ? "More recent authentication is required"
                                    : "A different authentication level is required");
  if (!step_up.acr.empty()) {
    parameters.emplace_back("acr_values", absl::StrJoin(step_up.acr, " "));
  }
  if (!step_up.amr.empty()) {
    parameters.emplace_back("amr_values", absl::StrJoin(step_up.amr, " "));
  }
  if (step_up.max_age != absl::InfiniteDuration()) {
    parameters.emplace_back("max_age", absl::StrCat(absl::ToInt64Seconds(step_up.max_age)));
  }
  rule->challenge = "Bearer ";
  rule->challenge += absl::StrJoin(parameters, ", ", [](std::string* out, const auto& parameter) {
    absl::StrAppend(out, parameter.first, "=\"", parameter.second, "\"");
  });
  return rule;
}

}  // namespace warden
