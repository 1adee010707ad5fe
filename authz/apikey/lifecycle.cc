#include "authz/apikey/lifecycle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/apikey/check.h"
#include "authz/apikey/key_set.h"
#include "authz/config/problem.h"

namespace warden {
namespace {

constexpr absl::Duration kMaxOverlap = absl::Hours(24 * 3650);

absl::Status NoSuchKey(std::string_view id) {
  return absl::NotFoundError(absl::StrCat("there is no key ", Quoted(id)));
}

// Checks `changed`, and takes it in place of `*keys`.
absl::Status Take(v1::ApiKeys changed, v1::ApiKeys* keys) {
  if (absl::Status good = CheckApiKeys(changed, SourceMap()); !good.ok()) return good;
  *keys = std::move(changed);
  return absl::OkStatus();
}

// Adds a new secret to the key; returns the key's text.
absl::StatusOr<std::string> AddSecret(const std::string& id, std::optional<absl::Time> expires,
                                      const ApiKeyHasher& hasher, absl::Time now, v1::ApiKey* key) {
  absl::StatusOr<std::string> text = MakeApiKey(id);
  if (!text.ok()) return text;
  const std::optional<ApiKeyHash> hash = hasher.Hash(*text);
  if (!hash.has_value()) return absl::InternalError("HMAC-SHA-256 is not available");
  v1::ApiKeySecret& secret = *key->add_secrets();
  secret.set_hash(ToString(*hash));
  *secret.mutable_created() = ToTimestamp(now);
  if (expires.has_value()) *secret.mutable_expires() = ToTimestamp(*expires);
  return text;
}

}  // namespace

absl::StatusOr<std::string> CreateApiKey(const NewApiKey& spec, const ApiKeyHasher& hasher,
                                         absl::Time now, v1::ApiKeys* keys) {
  std::string id = spec.id;
  if (id.empty()) {
    absl::StatusOr<std::string> made = MakeApiKeyId();
    if (!made.ok()) return made;
    id = *std::move(made);
  }
  if (keys->keys().contains(id)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "there is a key ", Quoted(id), " already; `warden apikey rotate` gives it a new secret"));
  }
  v1::ApiKey key;
  key.set_subject(spec.subject);
  key.set_description(spec.description);
  *key.mutable_scopes() = {spec.scopes.begin(), spec.scopes.end()};
  if (spec.not_before.has_value()) *key.mutable_not_before() = ToTimestamp(*spec.not_before);
  if (spec.expires.has_value()) *key.mutable_expires() = ToTimestamp(*spec.expires);
  absl::StatusOr<std::string> text = AddSecret(id, std::nullopt, hasher, now, &key);
  if (!text.ok()) return text;
  v1::ApiKeys changed = *keys;
  (*changed.mutable_keys())[id] = std::move(key);
  if (absl::Status taken = Take(std::move(changed), keys); !taken.ok()) return taken;
  return text;
}

absl::StatusOr<std::string> RotateApiKey(const std::string& id, absl::Duration overlap,
                                         std::optional<absl::Time> expires,
                                         const ApiKeyHasher& hasher, absl::Time now,
                                         v1::ApiKeys* keys) {
  const auto found = keys->keys().find(id);
  if (found == keys->keys().end()) return NoSuchKey(id);
  if (overlap < absl::ZeroDuration() || overlap > kMaxOverlap) {
    return absl::InvalidArgumentError("the overlap must be 0 to 3650 days");
  }
  v1::ApiKey key = found->second;
  key.clear_secrets();
  for (const v1::ApiKeySecret& old : found->second.secrets()) {
    const absl::Time until =
        std::min(TimeOr(old.has_expires(), old.expires(), absl::InfiniteFuture()), now + overlap);
    if (until <= now) continue;
    v1::ApiKeySecret& kept = *key.add_secrets();
    kept = old;
    *kept.mutable_expires() = ToTimestamp(until);
  }
  absl::StatusOr<std::string> text = AddSecret(id, expires, hasher, now, &key);
  if (!text.ok()) return text;
  v1::ApiKeys changed = *keys;
  (*changed.mutable_keys())[id] = std::move(key);
  if (absl::Status taken = Take(std::move(changed), keys); !taken.ok()) return taken;
  return text;
}

absl::Status SetApiKeyDisabled(const std::string& id, bool disabled, v1::ApiKeys* keys) {
  const auto found = keys->mutable_keys()->find(id);
  if (found == keys->mutable_keys()->end()) return NoSuchKey(id);
  found->second.set_disabled(disabled);
  return absl::OkStatus();
}

absl::Status DeleteApiKey(const std::string& id, v1::ApiKeys* keys) {
  return keys->mutable_keys()->erase(id) == 0 ? NoSuchKey(id) : absl::OkStatus();
}

}  // namespace warden
