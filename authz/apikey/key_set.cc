#include "authz/apikey/key_set.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "authz/apikey/api_key.h"
#include "authz/apikey/check.h"

namespace warden {
namespace {

ApiKeyResult Refused(ApiKeyRefusal refusal, std::string detail) {
  return {.key = nullptr, .refusal = refusal, .detail = std::move(detail)};
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ApiKeySet>> ApiKeySet::Create(
    const ApiKeyRecords& records, std::shared_ptr<const ApiKeyHasher> hasher,
    const ApiKeySet* before) {
  if (const absl::Status good = CheckApiKeys(records.keys, records.places); !good.ok()) return good;
  std::shared_ptr<ApiKeySet> set(new ApiKeySet(std::move(hasher)));
  if (const absl::Status filled = set->Fill(records, before); !filled.ok()) return filled;
  return std::shared_ptr<const ApiKeySet>(std::move(set));
}

absl::Status ApiKeySet::Fill(const ApiKeyRecords& records, const ApiKeySet* before) {
  entries_.reserve(static_cast<size_t>(records.keys.keys_size()));
  for (const auto& [id, key] : records.keys.keys()) {
    absl::StatusOr<Entry> entry = MakeEntry(id, key);
    if (!entry.ok()) return entry.status();
    if (before != nullptr) {
      const auto old = before->entries_.find(id);
      if (old != before->entries_.end()) entry->use = old->second.use;
    }
    if (entry->use == nullptr) {
      entry->use = std::make_shared<Use>();
      const auto used = records.last_used.find(id);
      if (used != records.last_used.end()) entry->use->last = used->second;
    }
    entries_.emplace(id, *std::move(entry));
  }
  return FillWithRandom(&decoy_);
}

absl::Status ApiKeySet::FillWithRandom(Entry* entry) {
  for (ApiKeyHash& hash : entry->hashes) {
    if (RAND_bytes(hash.data(), static_cast<int>(hash.size())) != 1) {
      return absl::InternalError("OpenSSL has no randomness");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ApiKeySet::Entry> ApiKeySet::MakeEntry(const std::string& id,
                                                      const v1::ApiKey& key) {
  Entry entry;
  if (const absl::Status filled = FillWithRandom(&entry); !filled.ok()) return filled;
  entry.disabled = key.disabled();
  for (int i = 0; i < key.secrets_size(); ++i) {
    const v1::ApiKeySecret& secret = key.secrets(i);
    std::shared_ptr<VerifiedApiKey> proof(new VerifiedApiKey);
    proof->id_ = id;
    proof->subject_ = key.subject();
    proof->scopes_ = {key.scopes().begin(), key.scopes().end()};
    std::sort(proof->scopes_.begin(), proof->scopes_.end());
    proof->not_before_ = TimeOr(key.has_not_before(), key.not_before(), absl::InfinitePast());
    proof->expires_at_ =
        std::min(TimeOr(key.has_expires(), key.expires(), absl::InfiniteFuture()),
                 TimeOr(secret.has_expires(), secret.expires(), absl::InfiniteFuture()));
    const auto slot = static_cast<size_t>(i);
    entry.hashes[slot] = ParseApiKeyHash(secret.hash()).value();
    proof->hash_ = entry.hashes[slot];
    entry.proofs[slot] = std::move(proof);
  }
  return entry;
}

ApiKeyResult ApiKeySet::Verify(std::string_view text, absl::Time now) const {
  if (text.size() > kMaxApiKeyBytes) {
    return Refused(ApiKeyRefusal::kMalformed,
                   absl::StrCat(text.size(), " bytes, a key has at most ", kMaxApiKeyBytes));
  }
  const std::optional<std::string_view> id = IdOfApiKey(text);
  if (!id.has_value()) return Refused(ApiKeyRefusal::kMalformed, "not of the form wk_ID.SECRET");
  const std::optional<ApiKeyHash> hash = hasher_->Hash(text);
  if (!hash.has_value()) return Refused(ApiKeyRefusal::kUnknown, "the key could not be hashed");
  const auto found = entries_.find(absl::string_view(id->data(), id->size()));
  const Entry& entry = found == entries_.end() ? decoy_ : found->second;
  const VerifiedApiKey* match = nullptr;
  size_t match_slot = 0;
  for (size_t i = 0; i < entry.hashes.size(); ++i) {  // all of them, whichever matches
    if (CRYPTO_memcmp(entry.hashes[i].data(), hash->data(), hash->size()) != 0) continue;
    match = entry.proofs[i].get();
    match_slot = i;
  }
  if (found == entries_.end()) return Refused(ApiKeyRefusal::kUnknown, "there is no such key");
  if (match == nullptr) {
    return Refused(ApiKeyRefusal::kUnknown, absl::StrCat("not the secret of ", found->first));
  }
  if (entry.disabled) {
    return Refused(ApiKeyRefusal::kDisabled, absl::StrCat(match->id(), " is disabled"));
  }
  if (now < match->not_before()) {
    return Refused(ApiKeyRefusal::kNotYetValid, absl::StrCat(match->id(), " is not good before ",
                                                             TimeText(match->not_before())));
  }
  if (!match->ValidAt(now)) {
    return Refused(ApiKeyRefusal::kExpired,
                   absl::StrCat(match->id(), " has expired at ", TimeText(match->expires_at())));
  }
  const int64_t seconds = absl::ToUnixSeconds(now);
  std::atomic<int64_t>& last = entry.use->last;
  if (seconds - last.load(std::memory_order_relaxed) >= absl::ToInt64Seconds(kUseGranularity)) {
    last.store(seconds, std::memory_order_relaxed);
  }
  return {.key = entry.proofs[match_slot], .refusal = ApiKeyRefusal::kNone, .detail = ""};
}

ApiKeyRefusal ApiKeySet::CheckStill(const VerifiedApiKey& key, absl::Time now) const {
  const auto found = entries_.find(key.id());
  if (found == entries_.end()) return ApiKeyRefusal::kUnknown;
  const Entry& entry = found->second;
  const auto proof = std::find_if(
      entry.proofs.begin(), entry.proofs.end(),
      [&](const auto& candidate) { return candidate != nullptr && candidate->hash_ == key.hash_; });
  if (proof == entry.proofs.end()) return ApiKeyRefusal::kUnknown;
  if (entry.disabled) return ApiKeyRefusal::kDisabled;
  if (now < (*proof)->not_before()) return ApiKeyRefusal::kNotYetValid;
  return now < (*proof)->expires_at() ? ApiKeyRefusal::kNone : ApiKeyRefusal::kExpired;
}

ApiKeyTimes ApiKeySet::LastUses() const {
  ApiKeyTimes uses;
  for (const auto& [id, entry] : entries_) {
    const int64_t last = entry.use->last.load(std::memory_order_relaxed);
    if (last != 0) uses.emplace(id, last);
  }
  return uses;
}

}  // namespace warden
