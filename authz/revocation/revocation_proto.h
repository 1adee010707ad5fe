// Entries as the messages of warden/v1/revocation.proto, and lists of them as YAML.
#ifndef WARDEN_AUTHZ_REVOCATION_REVOCATION_PROTO_H_
#define WARDEN_AUTHZ_REVOCATION_REVOCATION_PROTO_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/revocation/revocation.h"
#include "warden/v1/revocation.pb.h"

namespace warden {

// In normal form (NormalRevocation). InvalidArgument says what is wrong.
absl::StatusOr<Revocation> FromProto(const v1::Revocation& message, absl::Time now);
v1::Revocation ToProto(const Revocation& revocation);

// A text of warden.v1.Revocations, read strictly. The error lists every problem with its line.
// Bounded by `max_entries`, which a list of more entries exceeds as InvalidArgument.
absl::StatusOr<std::vector<Revocation>> ParseRevocations(std::string_view yaml,
                                                         std::string_view file_name,
                                                         size_t max_entries, absl::Time now);
// What ParseRevocations reads back as the same.
std::string FormatRevocations(const std::vector<Revocation>& revocations);

// The largest text that ParseRevocations takes. Longer lists belong in a shared store.
inline constexpr size_t kMaxRevocationsYamlBytes = 16 << 20;

}  // namespace warden

#endif  // WARDEN_AUTHZ_REVOCATION_REVOCATION_PROTO_H_
