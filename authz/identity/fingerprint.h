// The SHA-256 of a certificate's DER, as people write it.
#ifndef WARDEN_AUTHZ_IDENTITY_FINGERPRINT_H_
#define WARDEN_AUTHZ_IDENTITY_FINGERPRINT_H_

#include <string>
#include <string_view>

namespace warden {

// 64 lower-case hex digits, from hexadecimal that may also be as `openssl x509 -fingerprint
// -sha256` prints it; "" where it is none.
std::string NormalFingerprint(std::string_view text);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_FINGERPRINT_H_
