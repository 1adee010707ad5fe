// The server's configuration as it is read from its file.
#ifndef WARDEN_INTERCEPTORS_CONFIG_H_
#define WARDEN_INTERCEPTORS_CONFIG_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/config/source_map.h"
#include "google/protobuf/duration.pb.h"
#include "interceptors/http/http_client.h"
#include "warden/v1/config.pb.h"

namespace warden {

struct LoadedConfig {
  v1::Config config;
  SourceMap places;    // where each field stands, for messages
  std::string folder;  // that relative file names start from; "" means the working directory
};

// Reads a YAML file of warden.v1.Config and checks what can be checked without the files it names.
// The error lists every problem with its line. Thread-safe.
absl::StatusOr<LoadedConfig> LoadConfig(const std::string& path);

// The same for a text; `folder` is where its relative file names start from.
absl::StatusOr<LoadedConfig> ParseConfig(std::string_view yaml, std::string_view file_name,
                                         std::string_view folder);

// `file` as it can be opened: relative names start from the configuration's folder.
std::string ResolveFile(const LoadedConfig& config, std::string_view file);

// How servers are asked.
HttpClientOptions HttpOptions(const LoadedConfig& config);

// The largest metadata of a call that is looked at, in bytes.
size_t MaxMetadataBytes(const v1::Config& config);

// `duration` in Abseil's type; `fallback` where it is absent.
absl::Duration DurationOr(bool present, const google::protobuf::Duration& duration,
                          absl::Duration fallback);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_CONFIG_H_
