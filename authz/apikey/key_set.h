// All API keys of a server, ready to be looked up.
#ifndef WARDEN_AUTHZ_APIKEY_KEY_SET_H_
#define WARDEN_AUTHZ_APIKEY_KEY_SET_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/apikey/hasher.h"
#include "authz/apikey/verified_api_key.h"
#include "authz/config/source_map.h"
#include "warden/v1/api_keys.pb.h"

namespace warden {

inline constexpr size_t kMaxApiKeys = 100'000;
inline constexpr int kMaxApiKeySecrets = 4;
inline constexpr int kMaxApiKeyScopes = 64;

// Seconds since 1970 by id.
using ApiKeyTimes = absl::flat_hash_map<std::string, int64_t>;

// What a store holds.
struct ApiKeyRecords {
  v1::ApiKeys keys;
  SourceMap places;       // for messages
  ApiKeyTimes last_used;  // where the store knows it
};

enum class ApiKeyRefusal {
  kNone,
  kMalformed,    // not of a key's form
  kUnknown,      // no such key, or not its secret
  kDisabled,     // the right secret of a key that is switched off
  kNotYetValid,  // the right secret, too early
  kExpired,      // the right secret, too late
};

struct ApiKeyResult {
  std::shared_ptr<const VerifiedApiKey> key;  // null when refused
  ApiKeyRefusal refusal = ApiKeyRefusal::kUnknown;
  // For the operator; "" when not refused. Nothing of it is the caller's, but the id of a key that
  // exists.
  std::string detail;
};

// Immutable but for the times of last use. Thread-safe.
class ApiKeySet {
 public:
  // A last use is recorded when it is this much later than the one before.
  static constexpr absl::Duration kUseGranularity = absl::Minutes(1);

  // Checks and compiles. Times of last use are taken over from `before`, which may be null, else
  // from the records. InvalidArgument with every problem. REQUIRES: hasher is not null.
  static absl::StatusOr<std::shared_ptr<const ApiKeySet>> Create(
      const ApiKeyRecords& records, std::shared_ptr<const ApiKeyHasher> hasher,
      const ApiKeySet* before = nullptr);

  // Whether the text is a key that is good at `now`. An unknown id costs as much as a wrong secret,
  // and hashes are compared in constant time; disabled and expired are said only to who knows the
  // secret. A success is recorded as the key's last use.
  ApiKeyResult Verify(std::string_view text, absl::Time now) const;

  // kNone if a key that another set verified is good in this one, too: it is there, is not
  // disabled, and the secret that was used is still among its secrets and in its time.
  ApiKeyRefusal CheckStill(const VerifiedApiKey& key, absl::Time now) const;

  // When keys were last used, of those that were.
  ApiKeyTimes LastUses() const;
  size_t size() const { return entries_.size(); }

 private:
  struct Use {
    std::atomic<int64_t> last{0};  // seconds since 1970; 0: never
  };
  struct Entry {
    // Unused ones are random, so that all are compared.
    std::array<ApiKeyHash, kMaxApiKeySecrets> hashes;
    std::array<std::shared_ptr<const VerifiedApiKey>, kMaxApiKeySecrets> proofs;
    bool disabled = false;
    std::shared_ptr<Use> use;
  };

  explicit ApiKeySet(std::shared_ptr<const ApiKeyHasher> hasher) : hasher_(std::move(hasher)) {}
  absl::Status Fill(const ApiKeyRecords& records, const ApiKeySet* before);
  static absl::StatusOr<Entry> MakeEntry(const std::string& id, const v1::ApiKey& key);
  static absl::Status FillWithRandom(Entry* entry);

  const std::shared_ptr<const ApiKeyHasher> hasher_;
  absl::flat_hash_map<std::string, Entry> entries_;
  Entry decoy_;  // in place of a key that is not there
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_KEY_SET_H_
