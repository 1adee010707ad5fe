// Where an issuer publishes its keys: OpenID Connect Discovery 1.0.
#ifndef WARDEN_AUTHZ_TOKEN_DISCOVERY_H_
#define WARDEN_AUTHZ_TOKEN_DISCOVERY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace warden {

// The address of the issuer's document, section 4: the issuer without a slash at its end, and
// /.well-known/openid-configuration after it.
std::string DiscoveryUrl(std::string_view issuer);

// `jwks_uri` of the document, section 4.2; still to be checked as a URL. The document is strict
// JSON, and its `issuer` is exactly ours (section 4.3), or somebody else could speak for it.
// Errors: InvalidArgument, FailedPrecondition for another issuer's document.
absl::StatusOr<std::string> JwksUriOf(std::string_view document, std::string_view issuer);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_DISCOVERY_H_
