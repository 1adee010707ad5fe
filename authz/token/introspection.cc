#include "authz/token/introspection.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "authz/token/claims.h"
#include "authz/token/refused.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxJsonDepth = 32;

Refused Refuse(TokenRefusal refusal, std::string detail) {
  return Refused{refusal, std::move(detail)};
}

std::optional<Refused> CheckActive(const Json& answer) {
  const auto active = answer.find("active");
  if (active == answer.end() || !active->is_boolean()) {
    return Refuse(TokenRefusal::kMalformed, "the answer has no boolean `active`");
  }
  if (active->get<bool>()) return std::nullopt;
  return Refuse(TokenRefusal::kInactive, "the authorization server says that it is not active");
}

std::optional<Refused> CheckClaims(const RegisteredClaims& read, const IntrospectionRules& rules,
                                   absl::Time now) {
  if (read.issuer.has_value() && *read.issuer != rules.issuer) {
    return Refuse(TokenRefusal::kIssuer, absl::StrCat("iss is ", QuoteForLog(*read.issuer)));
  }
  if (!read.audiences.has_value()) {
    return Refuse(TokenRefusal::kAudience, "the answer has no aud");
  }
  const auto is_ours = [&rules](const std::string& audience) {
    return std::find(rules.audiences.begin(), rules.audiences.end(), audience) !=
           rules.audiences.end();
  };
  if (std::none_of(read.audiences->begin(), read.audiences->end(), is_ours)) {
    return Refuse(TokenRefusal::kAudience, "aud names none of the configured audiences");
  }
  if (read.expires_at.has_value() && now >= *read.expires_at + rules.leeway) {
    return Refuse(TokenRefusal::kExpired, "exp has passed");
  }
  const absl::Time from = std::max(read.not_before.value_or(absl::InfinitePast()),
                                   read.issued_at.value_or(absl::InfinitePast()));
  if (now < from - rules.leeway) {
    return Refuse(TokenRefusal::kNotYetValid, "nbf or iat is still to come");
  }
  return std::nullopt;
}

}  // namespace

// Has the right to make a VerifiedToken.
class IntrospectionJudge {
 public:
  static std::variant<std::shared_ptr<const VerifiedToken>, Refused> Judge(
      std::string_view body, const IntrospectionRules& rules, absl::Time now) {
    auto parsed = ParseClaims(body, kMaxJsonDepth);
    if (auto* refused = std::get_if<Refused>(&parsed)) return std::move(*refused);
    Json& answer = std::get<Json>(parsed);
    if (auto refused = CheckActive(answer)) return *std::move(refused);
    auto claims = ReadClaims(answer);
    if (auto* refused = std::get_if<Refused>(&claims)) return std::move(*refused);
    auto& read = std::get<RegisteredClaims>(claims);
    if (auto refused = CheckClaims(read, rules, now)) return *std::move(refused);
    auto binding = ReadBinding(answer, BindingRules{});
    if (auto* refused = std::get_if<Refused>(&binding)) return std::move(*refused);

    std::shared_ptr<VerifiedToken> token(new VerifiedToken());
    token->introspected_ = true;
    token->binding_ = std::get<TokenBinding>(std::move(binding));
    token->issuer_ = rules.issuer;
    token->subject_ = std::move(read.subject).value_or("");
    token->token_id_ = std::move(read.token_id).value_or("");
    token->audiences_ = *std::move(read.audiences);
    token->issued_at_ = read.issued_at.value_or(absl::InfinitePast());
    token->not_before_ = read.not_before.value_or(absl::InfinitePast());
    token->expires_at_ = read.expires_at.value_or(absl::InfiniteFuture());
    token->valid_from_ = absl::InfinitePast();
    token->valid_until_ = token->expires_at_ + rules.leeway;
    token->claims_ = std::make_unique<const Json>(std::move(answer));
    return token;
  }
};

TokenResult JudgeIntrospection(std::string_view body, const IntrospectionRules& rules,
                               absl::Time now) {
  TokenResult result;
  result.algorithm = kIntrospected;
  auto judged = IntrospectionJudge::Judge(body, rules, now);
  if (auto* refused = std::get_if<Refused>(&judged)) {
    result.refusal = refused->refusal;
    result.detail = std::move(refused->detail);
    return result;
  }
  result.token = std::get<std::shared_ptr<const VerifiedToken>>(std::move(judged));
  result.refusal = TokenRefusal::kNone;
  return result;
}

bool IsOpaque(std::string_view token) { return std::count(token.begin(), token.end(), '.') != 2; }

}  // namespace warden
