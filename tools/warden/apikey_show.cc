// warden apikey list, warden apikey verify
#include <openssl/crypto.h>

#include <iostream>
#include <map>
#include <memory>

#include "authz/apikey/api_key.h"
#include "authz/apikey/check.h"
#include "authz/apikey/key_set.h"
#include "nlohmann/json.hpp"
#include "tools/warden/apikey_options.h"
#include "tools/warden/apikey_store.h"
#include "tools/warden/apikey_verbs.h"
#include "tools/warden/commands.h"
#include "tools/warden/token_files.h"

namespace warden::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

void SetTime(const char* name, bool present, const google::protobuf::Timestamp& time, Json* out) {
  if (present) (*out)[name] = TimeText(TimeOr(true, time, absl::UnixEpoch()));
}

Json KeyAsJson(const std::string& id, const v1::ApiKey& key, const ApiKeyTimes& last_used) {
  Json json = {{"id", id}, {"subject", key.subject()}};
  if (!key.description().empty()) json["description"] = key.description();
  json["scopes"] = std::vector<std::string>(key.scopes().begin(), key.scopes().end());
  json["disabled"] = key.disabled();
  SetTime("not_before", key.has_not_before(), key.not_before(), &json);
  SetTime("expires", key.has_expires(), key.expires(), &json);
  if (const auto used = last_used.find(id); used != last_used.end()) {
    json["last_used"] = TimeText(absl::FromUnixSeconds(used->second));
  }
  json["secrets"] = Json::array();
  for (const v1::ApiKeySecret& secret : key.secrets()) {
    Json one = Json::object();  // never the hash
    SetTime("created", secret.has_created(), secret.created(), &one);
    SetTime("expires", secret.has_expires(), secret.expires(), &one);
    json["secrets"].push_back(std::move(one));
  }
  return json;
}

int List(const StoreOptions& options) {
  absl::StatusOr<std::unique_ptr<KeyStore>> store =
      KeyStore::Open(options.file, options.sqlite_file, KeyStore::Mode::kExisting);
  if (!store.ok()) return FailUsage(store.status());
  const absl::StatusOr<ApiKeyRecords> records = (*store)->Read();
  if (!records.ok()) return FailUsage(records.status());
  std::map<std::string, const v1::ApiKey*> sorted;
  for (const auto& [id, key] : records->keys.keys()) sorted.emplace(id, &key);
  for (const auto& [id, key] : sorted) {
    std::cout << KeyAsJson(id, *key, records->last_used).dump() << '\n';
  }
  return kYes;
}

const char* ReasonText(ApiKeyRefusal refusal) {
  switch (refusal) {
    case ApiKeyRefusal::kMalformed:
      return "malformed";
    case ApiKeyRefusal::kDisabled:
      return "disabled";
    case ApiKeyRefusal::kNotYetValid:
      return "not_yet_valid";
    case ApiKeyRefusal::kExpired:
      return "expired";
    default:
      return "unknown";
  }
}

struct VerifyOptions {
  StoreOptions store;
  std::string key_file;
};

int Verify(const VerifyOptions& options) {
  const auto hasher = ApiKeyHasher::FromFile(options.store.hash_secret_file);
  if (!hasher.ok()) return FailUsage(hasher.status());
  absl::StatusOr<std::unique_ptr<KeyStore>> store =
      KeyStore::Open(options.store.file, options.store.sqlite_file, KeyStore::Mode::kExisting);
  if (!store.ok()) return FailUsage(store.status());
  const absl::StatusOr<ApiKeyRecords> records = (*store)->Read();
  if (!records.ok()) return FailUsage(records.status());
  const auto set = ApiKeySet::Create(*records, *hasher);
  if (!set.ok()) return FailUsage(set.status());
  absl::StatusOr<std::string> text = ReadAtMost(options.key_file, kMaxApiKeyBytes + 2);
  if (!text.ok()) return FailUsage(text.status());
  if (text->ends_with('\n')) text->pop_back();
  const ApiKeyResult result = (*set)->Verify(*text, NowOf(options.store));
  OPENSSL_cleanse(text->data(), text->size());
  Json verdict;
  if (result.key == nullptr) {
    verdict = {{"verdict", "rejected"}, {"reason", ReasonText(result.refusal)}};
    std::cerr << "warden: " << result.detail << '\n';
  } else {
    const auto scopes = result.key->scopes();
    verdict = {{"verdict", "valid"},
               {"id", result.key->id()},
               {"subject", result.key->subject()},
               {"scopes", std::vector<std::string>(scopes.begin(), scopes.end())}};
    if (result.key->expires_at() != absl::InfiniteFuture()) {
      verdict["expires"] = TimeText(result.key->expires_at());
    }
  }
  std::cout << verdict.dump() << '\n';
  return result.key == nullptr ? kNo : kYes;
}

}  // namespace

void AddApiKeyList(CLI::App& apikey, int* status) {
  CLI::App* list = apikey.add_subcommand(
      "list",
      "Print all keys, one JSON object a line: what is known of them, and no hash. When a key was\n"
      "last used is known to databases only. Exit status: 0 printed, 2 bad usage");
  const auto options = std::make_shared<StoreOptions>();
  AddStoreOptions(*list, options.get(), /*hashes=*/false);
  list->callback([options, status] { *status = List(*options); });
}

void AddApiKeyVerify(CLI::App& apikey, int* status) {
  CLI::App* verify = apikey.add_subcommand(
      "verify",
      "Say whether a server with this store would accept a key. The key is read from a file, "
      "never\n"
      "from the command line, which others can see; one newline at its end is left out.\n"
      "Exit status: 0 valid, 1 rejected, 2 bad usage or unreadable input");
  const auto options = std::make_shared<VerifyOptions>();
  AddStoreOptions(*verify, &options->store, /*hashes=*/true);
  verify->add_option("--key-file", options->key_file, "The key; - for standard input")->required();
  verify->callback([options, status] { *status = Verify(*options); });
}

}  // namespace warden::cli
