#include "authz/token/jwks.h"

#include <cerrno>
#include <cstdio>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDepth = 16;

std::optional<std::string> KeyIdOf(const Json& jwk) {
  if (!jwk.is_object()) return std::nullopt;
  const auto kid = jwk.find("kid");
  if (kid == jwk.end() || !kid->is_string()) return std::nullopt;
  return kid->get<std::string>();
}

std::string Place(size_t index, const std::optional<std::string>& key_id) {
  std::string place = absl::StrCat("keys[", index, "]");
  if (key_id.has_value()) {
    absl::StrAppend(&place, " (kid \"", absl::CHexEscape(key_id->substr(0, 64)), "\")");
  }
  return place;
}

// The list of keys in the text.
absl::StatusOr<Json> ParseKeys(std::string_view text, const KeySetOptions& options) {
  if (text.size() > options.max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key set is longer than ", options.max_bytes, " bytes"));
  }
  absl::StatusOr<Json> set = ParseStrictJson(text, kMaxDepth);
  if (!set.ok()) return set.status();
  if (!set->is_object()) return absl::InvalidArgumentError("the key set is not a JSON object");
  const auto keys = set->find("keys");
  if (keys == set->end()) {
    if (options.allow_single_key && set->contains("kty")) return Json::array({*std::move(set)});
    return absl::InvalidArgumentError("the key set has no member \"keys\"");
  }
  if (!keys->is_array()) return absl::InvalidArgumentError("\"keys\" is not a list");
  if (keys->size() > options.max_keys) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key set has more than ", options.max_keys, " keys"));
  }
  return std::move(*keys);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return absl::ErrnoToStatus(errno, "cannot open");
  std::string text(max_bytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file));
  const int error = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (error != 0) return absl::ErrnoToStatus(error, "cannot read");
  return text;
}

}  // namespace

std::string KeySet::Skipped::ToString() const {
  return absl::StrCat(Place(index, key_id), ": ", reason);
}

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Parse(std::string_view jwks_json,
                                                            const KeySetOptions& options) {
  const absl::StatusOr<Json> keys = ParseKeys(jwks_json, options);
  if (!keys.ok()) return keys.status();
  std::shared_ptr<KeySet> set(new KeySet());
  std::vector<std::string> problems;
  std::set<std::string> key_ids;
  bool secrets = false;
  bool public_keys = false;
  for (size_t i = 0; i < keys->size(); ++i) {
    const Json& jwk = (*keys)[i];
    if (!options.insecure_allow_private_members && jwk.is_object() && HasPrivateMembers(jwk)) {
      problems.push_back(absl::StrCat(Place(i, KeyIdOf(jwk)),
                                      ": carries private members; publish only the public part"));
    }
    absl::StatusOr<VerificationKey> key = VerificationKey::FromJwk(jwk);
    if (!key.ok()) {
      set->skipped_.push_back({i, KeyIdOf(jwk), std::string(key.status().message())});
      continue;
    }
    if (key->key_id().has_value() && !key_ids.insert(*key->key_id()).second) {
      problems.push_back(absl::StrCat(Place(i, key->key_id()), ": another key has this kid"));
    }
    (key->symmetric() ? secrets : public_keys) = true;
    set->keys_.push_back(*std::move(key));
  }
  if (secrets && public_keys) problems.push_back("secrets (kty \"oct\") stand among public keys");
  if (set->keys_.empty()) {
    problems.push_back("no key can be used");
    for (const Skipped& skipped : set->skipped_) problems.push_back(skipped.ToString());
  }
  if (!problems.empty()) return absl::FailedPreconditionError(absl::StrJoin(problems, "; "));
  return set;
}

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::FromFile(const std::string& path,
                                                               const KeySetOptions& options) {
  absl::StatusOr<std::string> text = ReadFile(path, options.max_bytes);
  absl::StatusOr<std::shared_ptr<const KeySet>> set =
      text.ok() ? Parse(*text, options) : text.status();
  if (set.ok()) return set;
  return absl::Status(set.status().code(), absl::StrCat(path, ": ", set.status().message()));
}

const VerificationKey* KeySet::Find(std::string_view key_id) const {
  for (const VerificationKey& key : keys_) {
    if (key.key_id() == key_id) return &key;
  }
  return nullptr;
}

const KeySet::Skipped* KeySet::FindSkipped(std::string_view key_id) const {
  for (const Skipped& skipped : skipped_) {
    if (skipped.key_id == key_id) return &skipped;
  }
  return nullptr;
}

AlgorithmSet KeySet::algorithms() const {
  AlgorithmSet all;
  for (const VerificationKey& key : keys_) all = all.Unite(key.algorithms());
  return all;
}

}  // namespace warden
