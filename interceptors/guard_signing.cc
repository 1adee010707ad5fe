// What of a Guard judges signed requests.
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "interceptors/guard_redis.h"
#include "interceptors/watch_reloads.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/signing/redis_nonces.h"
#endif

namespace warden {
namespace {

constexpr std::string_view kStage = "signature";
constexpr char kRedis[] = "signing.redis";

void CheckStore(const LoadedConfig& config, ProblemList* problems) {
  if (!config.config.signing().has_redis()) return;
  if (config.config.signing().keys_file().empty()) {
    problems->AddAt(config.places, kRedis, "needs signing.keys_file");
  }
#ifdef WARDEN_WITH_REDIS
  ReadSigningRedis(config, problems);
#else
  AddNoRedis(config, kRedis, problems);
#endif
}

}  // namespace

void Guard::CheckSigned(const LoadedConfig& config, ProblemList* problems) {
  signatures_ = SignatureCheck::Create(config, Now(), problems);
  CheckStore(config, problems);
  const bool configured = !config.config.signing().keys_file().empty();
  for (const GuardedMethod& method : methods_) {
    if (!method.access.signed_requests) continue;
    if (!configured) {
      problems->Add(PlaceOf(*method.descriptor),
                    absl::StrCat("method ", method.name,
                                 ": is `signed`, and the configuration has no signing.keys_file"));
    }
    if (method.streams_requests) {
      problems->Add(PlaceOf(*method.descriptor),
                    absl::StrCat("method ", method.name,
                                 ": is `signed`, but a stream of requests cannot be"));
    }
  }
}

void Guard::ShareNonces([[maybe_unused]] const LoadedConfig& config) {
  if (signatures_ == nullptr || !config.config.signing().has_redis()) return;
#ifdef WARDEN_WITH_REDIS
  ProblemList none;  // CheckStore has refused them
  signatures_->UseStore(std::make_unique<RedisNonces>(
      MakeRedisSender(ReadSigningRedis(config, &none)),
      RedisNonces::Options{.key_prefix = KeyPrefix(config.config.signing().redis()),
                           .max_skew = signatures_->max_skew(),
                           .clock = [clock = clock_] { return clock ? clock() : absl::Now(); }}));
#endif
}

void Guard::WatchSigningKeys() {
  if (signatures_ == nullptr) return;
  metrics_->AddFamilies([check = signatures_] { return check->Families(); });
  reloads_.push_back(WatchReloads(signatures_->reload_interval(), ReloadedFile::kSigningKeys,
                                  "signing", metrics_,
                                  [check = signatures_] { return check->Reload(); }));
}

std::optional<Refusal> Guard::OnRawRequest(Call& call, const BodyDigest& body) {
  const std::shared_ptr<const SignedCall> claimed = std::exchange(call.signature, nullptr);
  std::optional<Refusal> refusal;
  if (claimed == nullptr) {
    refusal = Refusal{.reason = Reason::kInternal, .detail = "the signature stage did not run"};
  } else {
    refusal = signatures_->Finish(call, *claimed, body);
  }
  if (!refusal.has_value()) return std::nullopt;
  return Refused(call, *std::move(refusal), kStage);
}

std::optional<Refusal> Guard::OnNonce(Call& call) {
  std::optional<Refusal> refusal = signatures_->OnNonce(call);
  if (!refusal.has_value()) return std::nullopt;
  return Refused(call, *std::move(refusal), kStage);
}

}  // namespace warden
