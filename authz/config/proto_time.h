// Times as messages of protobuf, and as text.
#ifndef WARDEN_AUTHZ_CONFIG_PROTO_TIME_H_
#define WARDEN_AUTHZ_CONFIG_PROTO_TIME_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace warden {

// Leaves `*time` as it is where the field is not `present`. InvalidArgument: it is not from year 1
// to 9999 (google/protobuf/timestamp.proto). `name` is the field's, for the message.
absl::Status ReadProtoTime(bool present, const google::protobuf::Timestamp& timestamp,
                           std::string_view name, absl::Time* time);

// To the nanosecond, rounded down. REQUIRES: a finite time.
void WriteProtoTime(absl::Time time, google::protobuf::Timestamp* timestamp);

// RFC 3339 in UTC, with as many digits after the second as it takes.
std::string FormatUtc(absl::Time time);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_PROTO_TIME_H_
