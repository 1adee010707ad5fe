#include "tools/warden/claim_words.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden::cli {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr Word kHeader[] = {
    {"alg", "the signature's algorithm"},
    {"typ", "what kind of token this is"},
    {"kid", "which of the issuer's keys has signed"},
    {"cty", "what kind of thing the payload is"},
    {"crit", "extensions that must be understood; Warden understands none"},
    {"b64", "an unencoded payload (RFC 7797); Warden does not take it"},
    {"jku", "an address of keys; never followed"},
    {"jwk", "a key; never believed"},
    {"x5u", "an address of certificates; never followed"},
    {"x5c", "certificates; never believed"},
    {"x5t", "a certificate's SHA-1 thumbprint; not looked at"},
    {"x5t#S256", "a certificate's SHA-256 thumbprint; not looked at"},
    {"enc", "encryption: this is a JWE, which Warden does not take"},
    {"zip", "compression, which Warden does not take"},
};

constexpr Word kClaims[] = {
    {"iss", "who issued the token"},
    {"sub", "whom it is about"},
    {"aud", "who it is for; one of them must be this server"},
    {"exp", "when it expires"},
    {"nbf", "before when it must not be accepted"},
    {"iat", "when it was issued"},
    {"jti", "its own name, for revocation"},
    {"azp", "the party that it was issued to"},
    {"client_id", "the client that asked for it"},
    {"scope", "what the client was allowed, separated by spaces"},
    {"cnf", "the key or certificate that its bearer must prove"},
    {"act", "who acts on the subject's behalf"},
    {"may_act", "who may act on the subject's behalf"},
    {"auth_time", "when the subject proved who it is"},
    {"updated_at", "when the subject's data last changed"},
    {"acr", "how well the subject was authenticated"},
    {"amr", "by what means the subject was authenticated"},
    {"nonce", "ties an ID token to a login"},
    {"sid", "the session at the issuer"},
    {"roles", "the subject's roles"},
    {"groups", "the subject's groups"},
    {"entitlements", "what the subject may use"},
    {"name", "the subject's full name"},
    {"preferred_username", "how the subject wants to be called"},
    {"email", "the subject's mail address"},
    {"email_verified", "whether the issuer has checked the mail address"},
};

constexpr double kLastSecond = 253402300799.0;  // of the year 9999

std::string Rough(absl::Duration duration) {
  if (duration >= absl::Hours(48)) return absl::StrCat(duration / absl::Hours(24), " days");
  if (duration >= absl::Hours(2)) return absl::StrCat(duration / absl::Hours(1), " h");
  if (duration >= absl::Minutes(2)) return absl::StrCat(duration / absl::Minutes(1), " min");
  return absl::StrCat(duration / absl::Seconds(1), " s");
}

template <size_t kSize>
std::string_view Find(const Word (&words)[kSize], std::string_view name) {
  for (const auto& [word, meaning] : words) {
    if (word == name) return meaning;
  }
  return "";
}

}  // namespace

std::string_view HeaderMeaning(std::string_view name) { return Find(kHeader, name); }
std::string_view ClaimMeaning(std::string_view name) { return Find(kClaims, name); }

bool IsTimeClaim(std::string_view name) {
  return name == "exp" || name == "nbf" || name == "iat" || name == "auth_time" ||
         name == "updated_at";
}

std::string TimeInWords(const nlohmann::json& value, absl::Time now) {
  if (!value.is_number()) return "";
  const double seconds = value.get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kLastSecond) return "";
  const absl::Time time = absl::UnixEpoch() + absl::Seconds(seconds);
  const std::string text = absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
  return time >= now ? absl::StrCat(text, " (in ", Rough(time - now), ")")
                     : absl::StrCat(text, " (", Rough(now - time), " ago)");
}

}  // namespace warden::cli
