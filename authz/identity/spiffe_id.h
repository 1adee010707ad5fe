// A SPIFFE ID: "spiffe://trust-domain/path". Source: the SPIFFE-ID specification, section 2.
#ifndef WARDEN_AUTHZ_IDENTITY_SPIFFE_ID_H_
#define WARDEN_AUTHZ_IDENTITY_SPIFFE_ID_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace warden {

// A well-formed SPIFFE ID; only Parse makes one. A value type: copyable, const members thread-safe.
class SpiffeId {
 public:
  static constexpr size_t kMaxBytes = 2048;            // of the whole ID, section 2.3
  static constexpr size_t kMaxTrustDomainBytes = 255;  // section 2.3

  // Accepts `spiffe://` (exactly so, in lower case), a trust domain of 1 to 255 of [a-z0-9._-], and
  // a path that is empty or made of segments "/" + one or more of [A-Za-z0-9._-]. Refused with
  // InvalidArgument: anything else, so user info, port, query, fragment, percent-encoding, and the
  // segments "", "." and ".." (a trailing slash is an empty segment). Nothing is normalised: two
  // IDs are the same identity exactly if they are the same bytes. Errors do not repeat `uri`.
  static absl::StatusOr<SpiffeId> Parse(std::string_view uri);

  // OK if `name` can be a trust domain: 1 to 255 of [a-z0-9._-].
  static absl::Status CheckTrustDomain(std::string_view name);

  // True if `uri` has the scheme spiffe in any case, well-formed or not: what must then be judged
  // as a SPIFFE ID instead of passing as some other URI.
  static bool HasScheme(std::string_view uri);

  const std::string& str() const { return str_; }
  std::string_view trust_domain() const;
  std::string_view path() const;  // "" or "/orders/api"

  friend bool operator==(const SpiffeId& a, const SpiffeId& b) { return a.str_ == b.str_; }

 private:
  SpiffeId(std::string str, size_t path_begin) : str_(std::move(str)), path_begin_(path_begin) {}

  std::string str_;
  size_t path_begin_;  // str_.size() if there is no path
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_SPIFFE_ID_H_
