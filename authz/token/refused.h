// How the steps of a verification say no.
#ifndef WARDEN_AUTHZ_TOKEN_REFUSED_H_
#define WARDEN_AUTHZ_TOKEN_REFUSED_H_

#include <string>
#include <string_view>
#include <variant>

#include "authz/token/refusal.h"

namespace warden {

struct Refused {
  TokenRefusal refusal;
  std::string detail;  // for the operator; no token, no key material
};

// What a step made, or why it refuses.
template <typename T>
using OrRefused = std::variant<T, Refused>;

// Text of a stranger for a message: in quotes, escaped, at most 64 bytes of it.
std::string QuoteForLog(std::string_view text);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_REFUSED_H_
