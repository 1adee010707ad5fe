// Reads the text of one YAML scalar as a value of a field's type. Internal to authz/config, but
// for ParseDurationText, which command lines use too.
#ifndef WARDEN_AUTHZ_CONFIG_YAML_SCALAR_H_
#define WARDEN_AUTHZ_CONFIG_YAML_SCALAR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace warden {

// The alternatives in the order of FieldDescriptor::CppType's scalar types; an enum is its number
// as int32_t.
using ScalarValue =
    std::variant<std::string, bool, int32_t, int64_t, uint32_t, uint64_t, float, double>;

// InvalidArgument with what was expected and what was found.
absl::StatusOr<ScalarValue> ParseScalar(const google::protobuf::FieldDescriptor& field,
                                        std::string_view text, bool quoted);

// Whether the message type is written as a scalar: google.protobuf.Duration and Timestamp.
bool IsScalarMessage(std::string_view message_full_name);

// Fills such a message. InvalidArgument as above.
absl::Status ParseScalarMessage(std::string_view text, google::protobuf::Message* out);

// "1.5s", "500ms", "5m", "1h", "30d": digits, an optional fraction, a unit (ms, s, m, h, d). Not
// negative and at most 100 years.
absl::StatusOr<absl::Duration> ParseDurationText(std::string_view text);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_YAML_SCALAR_H_
