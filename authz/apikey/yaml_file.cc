#include "authz/apikey/yaml_file.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/apikey/check.h"
#include "authz/config/yaml_loader.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

constexpr char kHeading[] =
    "# API keys, warden.v1.ApiKeys. Written by `warden apikey`, which does not keep comments.\n";

// A JSON string is a double-quoted scalar of YAML 1.2.
std::string Text(std::string_view text) { return nlohmann::json(text).dump(); }

std::string Time(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", TimeOr(true, time, absl::UnixEpoch()),
                          absl::UTCTimeZone());
}

void AppendKey(std::string_view id, const v1::ApiKey& key, std::string* out) {
  absl::StrAppend(out, "  ", Text(id), ":\n    subject: ", Text(key.subject()), "\n");
  if (!key.description().empty()) {
    absl::StrAppend(out, "    description: ", Text(key.description()), "\n");
  }
  if (!key.scopes().empty()) {
    const auto quote = [](std::string* text, const std::string& scope) {
      text->append(Text(scope));
    };
    absl::StrAppend(out, "    scopes: [", absl::StrJoin(key.scopes(), ", ", quote), "]\n");
  }
  if (key.has_not_before()) {
    absl::StrAppend(out, "    not_before: ", Time(key.not_before()), "\n");
  }
  if (key.has_expires()) absl::StrAppend(out, "    expires: ", Time(key.expires()), "\n");
  if (key.disabled()) absl::StrAppend(out, "    disabled: true\n");
  absl::StrAppend(out, "    secrets:\n");
  for (const v1::ApiKeySecret& secret : key.secrets()) {
    absl::StrAppend(out, "      - hash: ", secret.hash(), "\n");
    if (secret.has_created()) {
      absl::StrAppend(out, "        created: ", Time(secret.created()), "\n");
    }
    if (secret.has_expires()) {
      absl::StrAppend(out, "        expires: ", Time(secret.expires()), "\n");
    }
  }
}

}  // namespace

absl::StatusOr<ApiKeyRecords> ParseApiKeys(std::string_view text, std::string_view file_name) {
  YamlBounds bounds;
  bounds.max_bytes = kMaxApiKeyFileBytes;
  bounds.max_values = 20 * kMaxApiKeys;
  ApiKeyRecords records;
  const absl::Status loaded = LoadYaml(text, file_name, &records.keys, &records.places, bounds);
  if (!loaded.ok()) return loaded;
  return records;
}

std::string FormatApiKeys(const v1::ApiKeys& keys) {
  std::string text = kHeading;
  if (keys.keys().empty()) return absl::StrCat(text, "keys: {}\n");
  std::map<std::string_view, const v1::ApiKey*> sorted;
  for (const auto& [id, key] : keys.keys()) sorted.emplace(id, &key);
  absl::StrAppend(&text, "keys:\n");
  for (const auto& [id, key] : sorted) AppendKey(id, *key, &text);
  return text;
}

}  // namespace warden
