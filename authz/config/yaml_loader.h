// Reads a YAML file into a protobuf message, strictly: what is not understood completely is
// refused.
//
// The file's keys are the message's field names as they stand in its .proto. A message or a map is
// a mapping, a repeated field a list. Scalars:
//   string     quoted or plain; a plain number or boolean counts as its text
//   bool       true or false, plain (yes, on, True are refused)
//   integers   decimal, plain
//   double     decimal, plain, finite
//   enum       the value's name as in the .proto; the unspecified zero value cannot be written
//   google.protobuf.Duration   one number and a unit, not negative: 500ms, 1.5s, 5m, 1h, 30d
//   google.protobuf.Timestamp  RFC 3339: 2030-01-31T00:00:00Z
//   bytes      cannot be written
//   google.protobuf.Struct     any mapping; plain true, false and numbers of JSON are what they
//   read as
// Refused besides unknown keys, duplicate keys and wrong types: anchors, aliases, merge keys, tags,
// keys that are not scalars, null values, several documents, an empty file, tab characters and
// other control characters, text that is not UTF-8, and whatever exceeds a bound of YamlBounds.
#ifndef WARDEN_AUTHZ_CONFIG_YAML_LOADER_H_
#define WARDEN_AUTHZ_CONFIG_YAML_LOADER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "authz/config/source_map.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace warden {

struct YamlBounds {
  size_t max_bytes = 1 << 20;
  int max_depth = 32;  // of lists and mappings in each other
  size_t max_values = 100'000;
  size_t max_key_bytes = 256;
};

// Reads `text` into `*out`. `file_name` only serves the messages. `places` may be null.
//
// Returns InvalidArgument with every problem (see ProblemList), one to a line: "file:line:col:
// path: what is wrong and what to do". `*out` is cleared first and is left empty on an error;
// `*places` is filled whenever the text is well-formed YAML. Never throws; work and memory are
// bounded by the text's size. Thread-safe.
absl::Status LoadYaml(std::string_view text, std::string_view file_name,
                      google::protobuf::Message* out, SourceMap* places,
                      const YamlBounds& bounds = {});

// The same for a file. NotFound or PermissionDenied (…) if it cannot be read; a file over max_bytes
// is refused without reading it to its end.
absl::Status LoadYamlFile(const std::string& path, google::protobuf::Message* out,
                          SourceMap* places, const YamlBounds& bounds = {});

// Reads at most `max_bytes` of a file; InvalidArgument if it is longer.
absl::Status ReadBoundedFile(const std::string& path, size_t max_bytes, std::string* out);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_YAML_LOADER_H_
