#include "authz/revocation/revocation.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "authz/config/plain_text.h"
#include "authz/identity/fingerprint.h"

namespace warden {
namespace {

constexpr std::array<std::string_view, kRevocationKinds> kKindNames = {
    "token", "subject", "certificate", "key", "api_key"};

bool HasIssuer(RevocationKind kind) {
  return kind == RevocationKind::kToken || kind == RevocationKind::kSubject ||
         kind == RevocationKind::kKey;
}

absl::Status Wrong(RevocationKind kind, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(ToString(kind)), ": ", std::string(what)));
}

absl::Status CheckText(RevocationKind kind, std::string_view name, std::string_view text,
                       size_t max_bytes) {
  const absl::Status status = CheckPlainText(name, text, max_bytes);
  return status.ok() ? status : Wrong(kind, std::string(status.message()));
}

}  // namespace

std::string_view ToString(RevocationKind kind) {
  return kKindNames[static_cast<size_t>(kind) % kRevocationKinds];
}

absl::StatusOr<RevocationKey> NormalKey(RevocationKey key) {
  if (key.id.empty()) return Wrong(key.kind, "has no id");
  if (HasIssuer(key.kind) && key.issuer.empty()) return Wrong(key.kind, "has no issuer");
  if (!HasIssuer(key.kind) && !key.issuer.empty()) return Wrong(key.kind, "takes no issuer");
  for (const auto& [name, text] :
       {std::pair("the id", &key.id), std::pair("the issuer", &key.issuer)}) {
    if (absl::Status status = CheckText(key.kind, name, *text, kMaxRevocationIdBytes);
        !status.ok()) {
      return status;
    }
  }
  if (key.kind == RevocationKind::kCertificate) {
    key.id = NormalFingerprint(key.id);
    if (key.id.empty()) return Wrong(key.kind, "the fingerprint is not SHA-256 in hexadecimal");
  }
  return key;
}

absl::StatusOr<Revocation> NormalRevocation(Revocation revocation, absl::Time now) {
  absl::StatusOr<RevocationKey> key = NormalKey(std::move(revocation.key));
  if (!key.ok()) return key.status();
  revocation.key = *std::move(key);
  if (absl::Status status = CheckText(revocation.key.kind, "the reason", revocation.reason,
                                      kMaxRevocationReasonBytes);
      !status.ok()) {
    return status;
  }
  if (revocation.revoked_at == absl::InfinitePast()) revocation.revoked_at = now;
  if (revocation.key.kind != RevocationKind::kSubject) {
    if (revocation.issued_before != absl::InfiniteFuture()) {
      return Wrong(revocation.key.kind, "takes no issued_before");
    }
  } else if (revocation.issued_before == absl::InfiniteFuture()) {
    revocation.issued_before = revocation.revoked_at;
  }
  return revocation;
}

void Strengthen(Revocation* kept, const Revocation& other) {
  kept->issued_before = std::max(kept->issued_before, other.issued_before);
  kept->expires_at = std::max(kept->expires_at, other.expires_at);
}

std::string EncodeKey(const RevocationKey& key) {
  return absl::StrCat(std::string(ToString(key.kind)), "\n", key.issuer, "\n", key.id);
}

absl::StatusOr<RevocationKey> DecodeKey(std::string_view text) {
  const size_t first = text.find('\n');
  const size_t second = first == text.npos ? text.npos : text.find('\n', first + 1);
  if (second == text.npos) return absl::InvalidArgumentError("not a revocation's key");
  const std::string_view kind = text.substr(0, first);
  for (size_t i = 0; i < kRevocationKinds; ++i) {
    if (kKindNames[i] != kind) continue;
    return NormalKey({static_cast<RevocationKind>(i),
                      std::string(text.substr(first + 1, second - first - 1)),
                      std::string(text.substr(second + 1))});
  }
  return absl::InvalidArgumentError("a revocation of an unknown kind");
}

}  // namespace warden
