// The compact form of a JSON Web Signature (RFC 7515 section 7.1), taken apart but not verified.
#ifndef WARDEN_AUTHZ_TOKEN_COMPACT_JWS_H_
#define WARDEN_AUTHZ_TOKEN_COMPACT_JWS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "authz/token/algorithm.h"
#include "authz/token/refused.h"

namespace warden {

// Nothing in it is to be believed before the signature was verified.
struct CompactJws {
  std::string_view signing_input;  // of the text that was parsed, which must outlive this
  std::string payload;             // decoded
  std::string signature;           // decoded; may be empty
  Algorithm algorithm = Algorithm::kEs256;
  std::optional<std::string> key_id;  // `kid`
  std::optional<std::string> type;    // `typ`
};

// Refuses what is not exactly three segments of strict base64url with a header of strict JSON that
// is an object with an `alg` that Warden knows; kCritical where `crit` or `b64` (RFC 7797) stand in
// the header, since no extension is understood. `jku`, `jwk`, `x5u` and `x5c` are ignored: a token
// does not say which keys to believe.
OrRefused<CompactJws> ParseCompactJws(std::string_view compact, size_t max_bytes,
                                      size_t max_json_depth);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_COMPACT_JWS_H_
