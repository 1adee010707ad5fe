#include "authz/revocation/revocations.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using Entry = RevocationTable::Entry;

// How many changes are made while calls wait: some ten microseconds.
constexpr size_t kChangesAtOnce = 64;

constexpr absl::Time kEver = absl::InfinitePast();

uint64_t NextGeneration() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

absl::Status Full(size_t max_entries) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the list of revocations is full: revocation.max_entries is ", max_entries));
}

}  // namespace

Revocations::Revocations(size_t max_entries)
    : max_entries_(max_entries), generation_(NextGeneration()) {}

bool Revocations::IsRevoked(RevocationKind kind, std::string_view issuer, std::string_view id,
                            absl::Time issued_at, absl::Time now) const {
  if (counts_[static_cast<size_t>(kind)].load(std::memory_order_acquire) == 0) return false;
  const RevocationKeyView key = ViewOf(kind, issuer, id);
  const ReaderLockHold hold(&lock_);
  for (const RevocationTable& table : tables_) {
    const Entry* const entry = table.size() == 0 ? nullptr : table.Find(key);
    if (entry == nullptr || now >= entry->revocation.expires_at) continue;
    // A token without `iat` counts as issued in the infinite past. Of the other kinds,
    // issued_before is the infinite future, which no token reaches.
    if (issued_at < entry->revocation.issued_before) return true;
  }
  return false;
}

bool Revocations::IsRevoked(const VerifiedToken& token, absl::Time now) const {
  const auto revoked = [&](RevocationKind kind, const std::string& id, absl::Time issued_at) {
    return !id.empty() && IsRevoked(kind, token.issuer(), id, issued_at, now);
  };
  return revoked(RevocationKind::kToken, token.token_id(), kEver) ||
         revoked(RevocationKind::kSubject, token.subject(), token.issued_at()) ||
         revoked(RevocationKind::kKey, token.key_id(), kEver);
}

// The generation is read before the look-up: a change in between leaves a memo that is out of date.
RevocationVerdict Revocations::Check(const PresentedCredentials& credentials,
                                     absl::Time now) const {
  const uint64_t generation = this->generation();
  const Peer* const peer = credentials.peer;
  if (peer != nullptr && peer->has_certificate() && peer->not_revoked.Load() != generation) {
    if (IsRevoked(RevocationKind::kCertificate, "", peer->certificate_sha256, kEver, now)) {
      return RevocationVerdict::kPeerRevoked;
    }
    peer->not_revoked.Store(generation);
  }
  const VerifiedToken* const token = credentials.token;
  if (token != nullptr && token->not_revoked().Load() != generation) {
    if (IsRevoked(*token, now)) return RevocationVerdict::kTokenRevoked;
    token->not_revoked().Store(generation);
  }
  if (!credentials.api_key_id.empty() &&
      IsRevoked(RevocationKind::kApiKey, "", credentials.api_key_id, kEver, now)) {
    return RevocationVerdict::kApiKeyRevoked;
  }
  return RevocationVerdict::kNotRevoked;
}

std::optional<Revocation> Revocations::Explain(const PresentedCredentials& credentials,
                                               absl::Time now) const {
  std::vector<std::pair<RevocationKey, absl::Time>> asked;
  if (credentials.peer != nullptr) {
    asked.push_back(
        {{RevocationKind::kCertificate, "", credentials.peer->certificate_sha256}, kEver});
  }
  if (const VerifiedToken* const token = credentials.token) {
    asked.push_back({{RevocationKind::kToken, token->issuer(), token->token_id()}, kEver});
    asked.push_back(
        {{RevocationKind::kSubject, token->issuer(), token->subject()}, token->issued_at()});
    asked.push_back({{RevocationKind::kKey, token->issuer(), token->key_id()}, kEver});
  }
  asked.push_back({{RevocationKind::kApiKey, "", std::string(credentials.api_key_id)}, kEver});
  const ReaderLockHold hold(&lock_);
  for (const auto& [key, issued_at] : asked) {
    for (const RevocationTable& table : tables_) {
      const Entry* const entry = key.id.empty() ? nullptr : table.Find(ViewOf(key));
      if (entry != nullptr && now < entry->revocation.expires_at &&
          issued_at < entry->revocation.issued_before) {
        return entry->revocation;
      }
    }
  }
  return std::nullopt;
}

absl::Status Revocations::Apply(RevocationSource source,
                                const std::vector<RevocationChange>& changes) {
  absl::Status status;
  for (size_t begin = 0; begin < changes.size() && status.ok(); begin += kChangesAtOnce) {
    const size_t end = std::min(begin + kChangesAtOnce, changes.size());
    std::vector<std::unique_ptr<Entry>> made;  // what is freed is freed after the lock
    for (size_t i = begin; i < end; ++i) {
      made.push_back(std::make_unique<Entry>(Entry{changes[i].revocation, changes[i].stamp}));
    }
    const WriterLockHold hold(&lock_);
    RevocationTable& table = tables_[static_cast<size_t>(source)];
    for (size_t i = begin; i < end && status.ok(); ++i) {
      const RevocationKeyView key = ViewOf(changes[i].revocation.key);
      const Entry* const known = table.Find(key);
      if (changes[i].lifted) {
        if (known == nullptr || known->stamp > changes[i].stamp) continue;
        made.push_back(table.Remove(key));
        --counts_[static_cast<size_t>(key.kind)];
      } else if (known == nullptr && table.size() >= max_entries_) {
        status = Full(max_entries_);
      } else if (table.Insert(std::move(made[i - begin]))) {
        ++counts_[static_cast<size_t>(key.kind)];
      }
    }
    generation_.store(NextGeneration(), std::memory_order_release);
  }
  return status;
}

absl::Status Revocations::Replace(RevocationSource source, std::vector<Revocation> revocations) {
  RevocationTable next;
  for (Revocation& revocation : revocations) {
    next.Insert(std::make_unique<Entry>(Entry{std::move(revocation), 0}));
    if (next.size() > max_entries_) return Full(max_entries_);
  }
  // Freed after the lock: `next` is declared before it.
  const WriterLockHold hold(&lock_);
  RevocationTable& table = tables_[static_cast<size_t>(source)];
  std::swap(table, next);
  for (size_t kind = 0; kind < kRevocationKinds; ++kind) {
    counts_[kind] += table.counts()[kind] - next.counts()[kind];
  }
  generation_.store(NextGeneration(), std::memory_order_release);
  return absl::OkStatus();
}

// Looked for among readers, since it reads the whole table; taken out a few at a time.
size_t Revocations::DropExpired(absl::Time now) {
  size_t dropped = 0;
  for (size_t source = 0; source < kRevocationSources; ++source) {
    for (size_t part = 0; part < RevocationTable::kParts; ++part) {
      std::vector<RevocationKey> expired;
      do {
        {
          const ReaderLockHold hold(&lock_);
          expired = tables_[source].Expired(part, now, kChangesAtOnce);
        }
        dropped += DropExpired(source, expired, now);
      } while (expired.size() == kChangesAtOnce);
    }
  }
  return dropped;
}

size_t Revocations::DropExpired(size_t source, const std::vector<RevocationKey>& keys,
                                absl::Time now) {
  if (keys.empty()) return 0;
  std::vector<std::unique_ptr<Entry>> taken;  // freed after the lock
  const WriterLockHold hold(&lock_);
  RevocationTable& table = tables_[source];
  for (const RevocationKey& key : keys) {
    const RevocationKeyView view = ViewOf(key);
    const Entry* const entry = table.Find(view);
    if (entry == nullptr || now < entry->revocation.expires_at) continue;  // has changed since
    taken.push_back(table.Remove(view));
    --counts_[static_cast<size_t>(key.kind)];
  }
  return taken.size();
}

std::optional<Revocation> Revocations::Find(RevocationSource source,
                                            const RevocationKey& key) const {
  const ReaderLockHold hold(&lock_);
  const Entry* const entry = tables_[static_cast<size_t>(source)].Find(ViewOf(key));
  if (entry == nullptr) return std::nullopt;
  return entry->revocation;
}

RevocationPage Revocations::List(RevocationSource source, uint64_t after, size_t limit) const {
  const ReaderLockHold hold(&lock_);
  return tables_[static_cast<size_t>(source)].List(after, limit);
}

std::array<size_t, kRevocationKinds> Revocations::counts() const {
  std::array<size_t, kRevocationKinds> counts{};
  for (size_t kind = 0; kind < kRevocationKinds; ++kind) counts[kind] = counts_[kind];
  return counts;
}

}  // namespace warden
