#include "authz/token/refusal.h"

namespace warden {

std::string_view ToString(TokenRefusal refusal) {
  switch (refusal) {
    case TokenRefusal::kNone:
      return "none";
    case TokenRefusal::kMalformed:
      return "malformed";
    case TokenRefusal::kTooLarge:
      return "too_large";
    case TokenRefusal::kAlgorithmNotAllowed:
      return "algorithm_not_allowed";
    case TokenRefusal::kKeyUnknown:
      return "key_unknown";
    case TokenRefusal::kKeyMismatch:
      return "key_mismatch";
    case TokenRefusal::kKeyUnusable:
      return "key_unusable";
    case TokenRefusal::kSignature:
      return "signature";
    case TokenRefusal::kCritical:
      return "critical";
    case TokenRefusal::kType:
      return "type";
    case TokenRefusal::kBadClaim:
      return "bad_claim";
    case TokenRefusal::kMissingClaim:
      return "missing_claim";
    case TokenRefusal::kExpired:
      return "expired";
    case TokenRefusal::kNotYetValid:
      return "not_yet_valid";
    case TokenRefusal::kIssuer:
      return "issuer";
    case TokenRefusal::kAudience:
      return "audience";
    case TokenRefusal::kBinding:
      return "binding";
    case TokenRefusal::kInactive:
      return "inactive";
    case TokenRefusal::kUnavailable:
      return "unavailable";
    case TokenRefusal::kKeysUnavailable:
      return "keys_unavailable";
  }
  return "malformed";
}

}  // namespace warden
