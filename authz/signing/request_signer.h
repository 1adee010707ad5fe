// Signs requests, for clients.
#ifndef WARDEN_AUTHZ_SIGNING_REQUEST_SIGNER_H_
#define WARDEN_AUTHZ_SIGNING_REQUEST_SIGNER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/signing/request_signature.h"
#include "authz/token/signer.h"

namespace warden {

// Thread-safe.
class RequestSigner {
 public:
  // HS256 or EdDSA, and the key needs an id (`kid`) that IsSigningKeyId accepts: InvalidArgument
  // otherwise.
  static absl::StatusOr<RequestSigner> Create(SigningKey key);

  // The value of `x-request-signature` for one call, with a nonce of its own. `now` is the wall
  // clock; a server takes the signature while its own clock is not further away than its
  // `signing.max_skew`. Internal if OpenSSL fails.
  absl::StatusOr<std::string> Sign(std::string_view method, std::string_view authority,
                                   std::string_view body, absl::Time now) const;

 private:
  explicit RequestSigner(SigningKey key) : key_(std::move(key)) {}

  SigningKey key_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_SIGNING_REQUEST_SIGNER_H_
