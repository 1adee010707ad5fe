#include "tools/warden/token_problems.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "authz/token/base64url.h"
#include "authz/token/claims.h"
#include "authz/token/compact_jws.h"
#include "authz/token/refused.h"
#include "authz/token/strict_json.h"
#include "authz/token/trusted_issuer.h"

namespace warden::cli {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDepth = 32;
constexpr absl::Duration kLongLife = absl::Hours(24);

// Gathers problems; one refusal with one detail once.
class Inspector {
 public:
  Inspector(const Expectations& expected, absl::Time now, TokenReport* report)
      : expected_(expected), now_(now), report_(report) {}

  void Run(std::string_view token) {
    if (token.size() > expected_.max_bytes) {
      Add(TokenRefusal::kTooLarge, absl::StrCat("it has ", token.size(), " bytes, and ",
                                                expected_.max_bytes, " are allowed"));
    }
    const std::vector<absl::string_view> parts =
        absl::StrSplit(absl::string_view(token.data(), token.size()), '.');
    report_->header = Read("header", parts[0]);
    if (parts.size() > 1) report_->claims = Read("payload", parts[1]);
    if (parts.size() > 2) {
      const auto octets = Base64UrlDecode({parts[2].data(), parts[2].size()});
      report_->signature_bytes = octets.has_value() ? octets->size() : 0;
    }
    const auto parsed = ParseCompactJws(token, std::max(token.size(), size_t{1}), kMaxDepth);
    if (const auto* refused = std::get_if<Refused>(&parsed)) Add(*refused);
    if (const auto* jws = std::get_if<CompactJws>(&parsed)) CheckSigned(*jws);
    if (report_->claims.is_object()) CheckClaims();
  }

 private:
  void Add(TokenRefusal refusal, std::string detail) {
    for (const TokenProblem& known : report_->problems) {
      if (known.refusal == refusal && known.detail == detail) return;
    }
    report_->problems.push_back({refusal, std::move(detail)});
  }
  void Add(const Refused& refused) { Add(refused.refusal, refused.detail); }

  // The part as a JSON object, or null and a problem.
  Json Read(const char* part, absl::string_view segment) {
    const auto text = Base64UrlDecode({segment.data(), segment.size()});
    if (!text.has_value()) {
      Add(TokenRefusal::kMalformed, absl::StrCat("the ", part, " is not base64url"));
      return nullptr;
    }
    absl::StatusOr<Json> json = ParseStrictJson(*text, kMaxDepth);
    if (json.ok() && json->is_object()) return *std::move(json);
    Add(TokenRefusal::kMalformed, json.ok() ? absl::StrCat("the ", part, " is not a JSON object")
                                            : absl::StrCat(part, ": ", json.status().message()));
    return nullptr;
  }

  // An issuer that checks only what is expected of the header and the signature.
  IssuerOptions Options() const {
    IssuerOptions options;
    options.insecure_allow_any_issuer = true;
    options.insecure_allow_missing_audience = true;
    options.keys = expected_.keys;
    options.keys_come_later = true;
    options.types = expected_.types;
    options.algorithms = expected_.algorithms;
    if (!options.algorithms.empty()) return options;
    for (const Algorithm algorithm : AllAlgorithms()) {
      const bool fits =
          expected_.keys == nullptr || expected_.keys->algorithms().Contains(algorithm);
      if (fits) options.algorithms.emplace_back(AlgorithmName(algorithm));
    }
    return options;
  }

  void CheckSigned(const CompactJws& jws) {
    std::vector<std::string> problems;
    const TrustedIssuer issuer(Options(), "options", &problems);
    if (expected_.keys == nullptr && !expected_.algorithms.empty() &&
        !issuer.algorithms().Contains(jws.algorithm)) {
      Add(TokenRefusal::kAlgorithmNotAllowed,
          absl::StrCat("only ", issuer.algorithms().ToString(), " may sign"));
    }
    if (expected_.keys != nullptr) {
      const auto checked = issuer.CheckSignature(jws, TokenLimits{}.max_keys_tried);
      if (const auto* refused = std::get_if<Refused>(&checked)) Add(*refused);
      report_->signature_checked = checked.index() == 0;
    }
    if (const auto refused = issuer.CheckType(jws.type)) Add(*refused);
    if (!jws.key_id.has_value()) {
      report_->remarks.push_back("without kid every key of the issuer that fits has to be tried");
    }
    if (IsSymmetric(jws.algorithm)) {
      report_->remarks.push_back("whoever can verify it can also make such tokens");
    }
  }

  void CheckClaims() {
    const Json& claims = report_->claims;
    for (const std::string& name : expected_.required) {
      const auto claim = claims.find(name);
      if (claim == claims.end() || claim->is_null()) {
        Add(TokenRefusal::kMissingClaim, absl::StrCat("it has no ", name));
      }
    }
    CheckBinding(claims);
    const auto read = ReadClaims(claims);
    if (const auto* refused = std::get_if<Refused>(&read)) return Add(*refused);
    const auto& registered = std::get<RegisteredClaims>(read);
    CheckParties(registered);
    CheckTimes(registered);
  }

  void CheckParties(const RegisteredClaims& read) {
    if (!read.issuer.has_value()) {
      Add(TokenRefusal::kIssuer, "it has no iss");
    } else if (!expected_.issuer.empty() && *read.issuer != expected_.issuer) {
      Add(TokenRefusal::kIssuer, absl::StrCat("iss is not ", expected_.issuer));
    }
    if (!read.audiences.has_value()) {
      Add(TokenRefusal::kAudience, "it has no aud");
      return;
    }
    const bool meant = std::any_of(
        read.audiences->begin(), read.audiences->end(), [&](const std::string& audience) {
          return std::find(expected_.audiences.begin(), expected_.audiences.end(), audience) !=
                 expected_.audiences.end();
        });
    if (!meant && !expected_.audiences.empty()) {
      Add(TokenRefusal::kAudience,
          absl::StrCat("aud names none of ", absl::StrJoin(expected_.audiences, ", ")));
    }
  }

  void CheckTimes(const RegisteredClaims& read) {
    if (!read.expires_at.has_value()) {
      Add(TokenRefusal::kMissingClaim, "it has no exp");
    } else if (now_ >= *read.expires_at + expected_.leeway) {
      Add(TokenRefusal::kExpired, "exp is over");
    }
    const std::pair<const char*, std::optional<absl::Time>> begins[] = {{"nbf", read.not_before},
                                                                        {"iat", read.issued_at}};
    for (const auto& [name, begin] : begins) {
      if (begin.has_value() && now_ < *begin - expected_.leeway) {
        Add(TokenRefusal::kNotYetValid, absl::StrCat(name, " is still to come"));
      }
    }
    if (read.expires_at.has_value() && read.issued_at.has_value() &&
        *read.expires_at - *read.issued_at > kLongLife) {
      report_->remarks.push_back("it is good for more than a day: who steals it has that long");
    }
    if (!read.token_id.has_value()) {
      report_->remarks.push_back("without jti it cannot be revoked by itself");
    }
  }

  void CheckBinding(const Json& claims) {
    const auto cnf = claims.find("cnf");
    const bool bound = cnf != claims.end() && cnf->is_object() && cnf->contains("x5t#S256");
    if (bound) {
      report_->remarks.push_back(
          "it is bound to a certificate (RFC 8705): good only with that client's");
    } else if (expected_.require_certificate_bound) {
      Add(TokenRefusal::kMissingClaim, "it is not bound to a certificate (cnf.x5t#S256)");
    }
  }

  const Expectations& expected_;
  const absl::Time now_;
  TokenReport* const report_;
};

}  // namespace

TokenReport Inspect(std::string_view token, const Expectations& expected, absl::Time now) {
  TokenReport report;
  Inspector(expected, now, &report).Run(token);
  return report;
}

}  // namespace warden::cli
