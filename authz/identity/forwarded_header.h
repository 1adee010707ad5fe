// The header `x-forwarded-client-cert`, by which a proxy that ends TLS says who its client is.
// Source: Envoy, "HTTP header manipulation", x-forwarded-client-cert.
#ifndef WARDEN_AUTHZ_IDENTITY_FORWARDED_HEADER_H_
#define WARDEN_AUTHZ_IDENTITY_FORWARDED_HEADER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace warden {

inline constexpr size_t kMaxForwardedBytes = 32 * 1024;

// What one proxy says of its client's certificate.
struct ForwardedCertificate {
  std::string sha256;  // of the DER, 64 lower-case hex digits; "" where only the PEM is given
  std::string pem;     // "" where it is not given
  std::vector<std::string> uris, dns_names;
};

// The last element of the header, which the nearest proxy wrote; those before it come from its own
// client, and nobody vouches for them. The whole header must follow the grammar, though: elements
// parted by commas, `key=value` parted by semicolons, values with `,;="` in double quotes, `\"` for
// a quote. InvalidArgument where it does not: an unknown key, a doubled `Hash`, `Cert`, `Chain` or
// `Subject`, control or non-ASCII bytes, a `Hash` that is no SHA-256 in hex, a `Cert` that is not
// URL-encoded, more than kMaxForwardedBytes, or an element with neither `Hash` nor `Cert`, which
// identifies no certificate. Errors do not repeat the header.
absl::StatusOr<ForwardedCertificate> ParseForwardedHeader(std::string_view header);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_FORWARDED_HEADER_H_
