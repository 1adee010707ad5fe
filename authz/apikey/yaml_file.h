// API keys in a YAML file of warden.v1.ApiKeys.
#ifndef WARDEN_AUTHZ_APIKEY_YAML_FILE_H_
#define WARDEN_AUTHZ_APIKEY_YAML_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authz/apikey/key_set.h"

namespace warden {

inline constexpr size_t kMaxApiKeyFileBytes = size_t{32} << 20;

// InvalidArgument with every problem of the grammar; the meaning is ApiKeySet's to check.
absl::StatusOr<ApiKeyRecords> ParseApiKeys(std::string_view text, std::string_view file_name);

// A text that ParseApiKeys reads as the same keys, sorted by id. Comments are not kept: there is no
// place for them in the message.
std::string FormatApiKeys(const v1::ApiKeys& keys);

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_YAML_FILE_H_
