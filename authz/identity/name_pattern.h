// Patterns for the names of peers, as the configuration writes them.
#ifndef WARDEN_AUTHZ_IDENTITY_NAME_PATTERN_H_
#define WARDEN_AUTHZ_IDENTITY_NAME_PATTERN_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace warden {

// "spiffe://shop.example/ns/*/sa/orders": in the path, `*` stands for exactly one segment, and a
// last `**` for one or more. Nothing else is special, and the trust domain is literal. Immutable,
// thread-safe.
class SpiffePattern {
 public:
  // InvalidArgument where no SPIFFE ID of a workload could match.
  static absl::StatusOr<SpiffePattern> Parse(std::string_view text);

  // REQUIRES: `spiffe_id` is well-formed, or empty, which matches nothing.
  bool Matches(std::string_view spiffe_id) const;
  const std::string& trust_domain() const { return trust_domain_; }

 private:
  SpiffePattern() = default;

  std::string trust_domain_;
  std::vector<std::string> segments_;  // "*" for any
  bool more_ = false;                  // ends in `**`, which is not among segments_
};

// "orders.shop.example", or "*.shop.example" for any one label in front of the rest. Compared
// without regard to case, RFC 4343. A certificate's own wildcard name matches nothing: it does not
// say who the peer is. Immutable, thread-safe.
class DnsPattern {
 public:
  // InvalidArgument where `text` is no host name of letters, digits, `-` and `_`.
  static absl::StatusOr<DnsPattern> Parse(std::string_view text);

  bool Matches(std::string_view dns_name) const;

 private:
  DnsPattern() = default;

  std::string name_;  // lower case, without "*."
  bool any_label_ = false;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_NAME_PATTERN_H_
