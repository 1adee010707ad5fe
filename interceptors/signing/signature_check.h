// Judges the signatures of requests, see docs/signing.md.
#ifndef WARDEN_INTERCEPTORS_SIGNING_SIGNATURE_CHECK_H_
#define WARDEN_INTERCEPTORS_SIGNING_SIGNATURE_CHECK_H_

#include <prometheus/metric_family.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "authz/signing/request_signature.h"
#include "authz/sync/published.h"
#include "interceptors/config.h"
#include "interceptors/refusal.h"
#include "interceptors/signing/nonce_store.h"
#include "interceptors/signing/replay_cache.h"
#include "interceptors/signing/signing_keys.h"
#include "interceptors/watched_file.h"

namespace warden {

struct Call;

// What metadata said of a signed call, kept until its body is there.
struct SignedCall {
  RequestSignature signature;
  std::string authority;
  std::shared_ptr<const SigningKeys> keys;  // that `key` is one of
  const RequestKey* key = nullptr;
};

// In two steps: what metadata can decide is decided before the body is looked at, and the rest
// before it is parsed. A nonce is used up only by a signature that is right, so who cannot sign
// cannot fill the table. Thread-safe.
class SignatureCheck {
 public:
  // Reads the keys for the first time, and adds what is wrong to `problems`. Null where no keys are
  // configured.
  static std::shared_ptr<SignatureCheck> Create(const LoadedConfig& config, absl::Time now,
                                                ProblemList* problems);

  // `entry` is the value of the call's only `x-request-signature`. REQUIRES: the call's principal
  // is known.
  std::optional<Refusal> Begin(const Call& call, std::string_view entry, std::string_view authority,
                               std::shared_ptr<const SignedCall>* out) const;
  // Where a store is asked, the call may be left waiting (Call::pending); OnNonce then says how it
  // goes on.
  std::optional<Refusal> Finish(Call& call, const SignedCall& signed_call, const BodyDigest& body);
  // REQUIRES: what Finish left has ended.
  std::optional<Refusal> OnNonce(Call& call);

  // One thread at a time. Nullopt where nothing changed; the last good keys stay on an error.
  std::optional<absl::Status> Reload();
  absl::Duration reload_interval() const { return reload_interval_; }
  absl::Duration max_skew() const { return max_skew_; }

  // Where nonces are remembered besides. To be called before the first call.
  void UseStore(std::unique_ptr<NonceStore> store) { store_ = std::move(store); }
  const NonceStore* store() const { return store_.get(); }  // null where there is none

  std::vector<prometheus::MetricFamily> Families() const;

 private:
  SignatureCheck(std::string path, absl::Duration max_skew, absl::Duration reload_interval,
                 size_t entries, absl::Time now);
  std::optional<Refusal> Judge(const NonceStore::Answer& nonce);

  const absl::Duration max_skew_;
  const absl::Duration reload_interval_;
  WatchedFile<SigningKeys> file_;
  Published<SigningKeys> keys_;
  ReplayCache replays_;
  std::atomic<uint64_t> verified_{0};
  std::atomic<uint64_t> full_{0};
  std::unique_ptr<NonceStore> store_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SIGNING_SIGNATURE_CHECK_H_
