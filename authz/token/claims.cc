#include "authz/token/claims.h"

#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

constexpr int64_t kLastSecond = 253402300799;  // 9999-12-31T23:59:59Z

Refused Bad(const char* claim, const char* expected) {
  return Refused{TokenRefusal::kBadClaim, absl::StrCat(claim, " is not ", expected)};
}

std::optional<Refused> ReadText(const Json& claims, const char* name,
                                std::optional<std::string>* out) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return std::nullopt;
  if (!claim->is_string()) return Bad(name, "a string");
  *out = claim->get<std::string>();
  return std::nullopt;
}

std::optional<Refused> ReadAudiences(const Json& claims, RegisteredClaims* out) {
  const auto claim = claims.find("aud");
  if (claim == claims.end()) return std::nullopt;
  std::vector<std::string> audiences;
  if (claim->is_string()) {
    audiences.push_back(claim->get<std::string>());
  } else if (claim->is_array()) {
    for (const Json& audience : *claim) {
      if (!audience.is_string()) return Bad("aud", "a string or a list of strings");
      audiences.push_back(audience.get<std::string>());
    }
  } else {
    return Bad("aud", "a string or a list of strings");
  }
  out->audiences = std::move(audiences);
  return std::nullopt;
}

// A NumericDate of RFC 7519 section 2. The range is checked before any conversion.
std::optional<absl::Time> ToTime(const Json& number) {
  if (number.is_number_unsigned()) {
    const uint64_t seconds = number.get<uint64_t>();
    if (seconds > static_cast<uint64_t>(kLastSecond)) return std::nullopt;
    return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
  }
  if (number.is_number_integer()) {
    const int64_t seconds = number.get<int64_t>();
    if (seconds < 0 || seconds > kLastSecond) return std::nullopt;
    return absl::FromUnixSeconds(seconds);
  }
  if (!number.is_number_float()) return std::nullopt;
  const double seconds = number.get<double>();
  if (!(seconds >= 0 && seconds <= static_cast<double>(kLastSecond))) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

std::optional<Refused> ReadTime(const Json& claims, const char* name,
                                std::optional<absl::Time>* out) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return std::nullopt;
  *out = ToTime(*claim);
  if (!out->has_value()) return Bad(name, "a number of seconds from 1970 to 9999");
  return std::nullopt;
}

}  // namespace

OrRefused<Json> ParseClaims(std::string_view payload, size_t max_json_depth) {
  absl::StatusOr<Json> claims = ParseStrictJson(payload, max_json_depth);
  if (!claims.ok()) {
    return Refused{TokenRefusal::kMalformed, absl::StrCat("claims: ", claims.status().message())};
  }
  if (!claims->is_object()) {
    return Refused{TokenRefusal::kMalformed, "the claims are not a JSON object"};
  }
  return *std::move(claims);
}

OrRefused<RegisteredClaims> ReadClaims(const Json& claims) {
  RegisteredClaims read;
  if (auto refused = ReadText(claims, "iss", &read.issuer)) return *std::move(refused);
  if (auto refused = ReadText(claims, "sub", &read.subject)) return *std::move(refused);
  if (auto refused = ReadText(claims, "jti", &read.token_id)) return *std::move(refused);
  if (auto refused = ReadAudiences(claims, &read)) return *std::move(refused);
  if (auto refused = ReadTime(claims, "exp", &read.expires_at)) return *std::move(refused);
  if (auto refused = ReadTime(claims, "nbf", &read.not_before)) return *std::move(refused);
  if (auto refused = ReadTime(claims, "iat", &read.issued_at)) return *std::move(refused);
  return read;
}

}  // namespace warden
