#include "interceptors/signing/signature_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/call.h"
#include "interceptors/guarded_method.h"
#include "interceptors/observe/metric_families.h"
#include "interceptors/pending_answer.h"

namespace warden {
namespace {

constexpr size_t kDefaultEntries = 1 << 20;

using PendingNonce = PendingAnswer<NonceStore::Answer>;

Refusal Refuse(Reason reason, std::string detail) {
  return {.reason = reason, .detail = std::move(detail)};
}

}  // namespace

SignatureCheck::SignatureCheck(std::string path, absl::Duration max_skew,
                               absl::Duration reload_interval, size_t entries, absl::Time now)
    : max_skew_(max_skew),
      reload_interval_(reload_interval),
      file_(path, SigningKeys::kMaxFileBytes,
            [path](const std::string& text) { return SigningKeys::Parse(text, path); }),
      keys_(nullptr),
      replays_(entries, max_skew, now) {}

std::shared_ptr<SignatureCheck> SignatureCheck::Create(const LoadedConfig& config, absl::Time now,
                                                       ProblemList* problems) {
  const v1::SigningConfig& settings = config.config.signing();
  if (settings.keys_file().empty()) return nullptr;
  const absl::Duration skew =
      DurationOr(settings.has_max_skew(), settings.max_skew(), absl::Seconds(60));
  if (skew < absl::Seconds(1) || skew > absl::Hours(1)) {
    problems->AddAt(config.places, "signing.max_skew", "must be from 1s to 1h");
    return nullptr;
  }
  const absl::Duration interval =
      DurationOr(settings.has_reload_interval(), settings.reload_interval(), absl::Seconds(5));
  const size_t entries =
      settings.replay_entries() == 0 ? kDefaultEntries : settings.replay_entries();
  std::shared_ptr<SignatureCheck> check(
      new SignatureCheck(ResolveFile(config, settings.keys_file()), skew, interval, entries, now));
  const std::optional<absl::Status> status = check->Reload();
  if (status.has_value() && !status->ok()) {
    problems->AddAt(config.places, "signing.keys_file",
                    std::string_view(status->message().data(), status->message().size()));
    return nullptr;
  }
  return check;
}

std::optional<absl::Status> SignatureCheck::Reload() {
  const std::optional<absl::Status> status = file_.Look();
  if (status.has_value() && status->ok()) keys_.Set(file_.good());
  return status;
}

std::optional<Refusal> SignatureCheck::Begin(const Call& call, std::string_view entry,
                                             std::string_view authority,
                                             std::shared_ptr<const SignedCall>* out) const {
  auto found = std::make_shared<SignedCall>();
  std::optional<RequestSignature> signature = ParseRequestSignature(entry);
  if (!signature.has_value()) {
    return Refuse(Reason::kSignatureMalformed, "`x-request-signature` is not of its form");
  }
  found->signature = *std::move(signature);
  found->authority = std::string(authority);
  const absl::Duration off = found->signature.created() - call.now;
  if (absl::AbsDuration(off) > max_skew_) {
    return Refuse(
        Reason::kSignatureTime,
        absl::StrCat("made ", absl::FormatDuration(absl::AbsDuration(off)),
                     off < absl::ZeroDuration() ? " ago" : " ahead of this server's time"));
  }
  found->keys = keys_.Get();
  found->key = found->keys->Find(found->signature.key_id);
  if (found->key == nullptr) return Refuse(Reason::kSignatureInvalid, "no such key");
  if (!found->key->ValidAt(call.now)) {
    return Refuse(Reason::kSignatureInvalid,
                  absl::StrCat("key ", found->signature.key_id, " is not valid at this time"));
  }
  if (!found->key->IsOf(*call.principal)) {
    return Refuse(Reason::kSignatureInvalid,
                  absl::StrCat("key ", found->signature.key_id, " does not sign for this caller"));
  }
  *out = std::move(found);
  return std::nullopt;
}

// This server's own memory is asked first: it knows most of what is replayed, and at once.
std::optional<Refusal> SignatureCheck::Finish(Call& call, const SignedCall& signed_call,
                                              const BodyDigest& body) {
  const RequestSignature& signature = signed_call.signature;
  const RequestKey& key = *signed_call.key;
  const std::string input = SigningInput(call.method->name, signed_call.authority, signature, body);
  if (!key.key.Verify(key.algorithm, input, signature.octets)) {
    return Refuse(Reason::kSignatureInvalid,
                  absl::StrCat("not made with key ", signature.key_id, " over this request"));
  }
  const ReplayVerdict here = replays_.Use(signature.key_id, signature.nonce, signature.created(),
                                          call.now, call.monotonic_ns);
  if (here != ReplayVerdict::kFresh || store_ == nullptr) return Judge(here);
  const auto pending = std::make_shared<PendingNonce>(absl::UnavailableError("not asked"));
  store_->Claim(signature.key_id, signature.nonce, signature.created(),
                [pending](NonceStore::Answer answer) { pending->Finish(std::move(answer)); });
  if (pending->finished()) return Judge(pending->answer());
  call.pending = pending;
  return std::nullopt;
}

std::optional<Refusal> SignatureCheck::OnNonce(Call& call) {
  return Judge(
      std::static_pointer_cast<PendingNonce>(std::exchange(call.pending, nullptr))->answer());
}

std::optional<Refusal> SignatureCheck::Judge(const NonceStore::Answer& nonce) {
  if (!nonce.ok()) {
    return Refuse(
        Reason::kCredentialsUnavailable,
        absl::StrCat("the shared store of nonces cannot be asked: ", nonce.status().message()));
  }
  switch (*nonce) {
    case ReplayVerdict::kFresh:
      verified_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    case ReplayVerdict::kReplayed:
      return Refuse(Reason::kSignatureReplayed, "its nonce was used before");
    case ReplayVerdict::kTooOld:
      return Refuse(Reason::kSignatureTime, "made before the time that nonces are known of");
    case ReplayVerdict::kFull:
      break;
  }
  full_.fetch_add(1, std::memory_order_relaxed);
  return Refuse(Reason::kCredentialsUnavailable,
                "no room for another nonce; signing.replay_entries is too small");
}

std::vector<prometheus::MetricFamily> SignatureCheck::Families() const {
  using metric_families::AddSample;
  using metric_families::MakeFamily;
  prometheus::MetricFamily verified =
      MakeFamily("warden_signatures_verified_total", "Requests whose signature was right.",
                 prometheus::MetricType::Counter);
  AddSample(&verified, {}).counter.value =
      static_cast<double>(verified_.load(std::memory_order_relaxed));
  prometheus::MetricFamily nonces =
      MakeFamily("warden_signature_nonces", "Nonces of signed requests that are remembered.",
                 prometheus::MetricType::Gauge);
  AddSample(&nonces, {}).gauge.value = static_cast<double>(replays_.entries());
  prometheus::MetricFamily full =
      MakeFamily("warden_signature_nonces_full_total",
                 "Signed requests that were refused for want of room for their nonce.",
                 prometheus::MetricType::Counter);
  AddSample(&full, {}).counter.value = static_cast<double>(full_.load(std::memory_order_relaxed));
  std::vector<prometheus::MetricFamily> families = {std::move(verified), std::move(nonces),
                                                    std::move(full)};
  if (store_ == nullptr) return families;
  for (prometheus::MetricFamily& family : store_->Families()) {
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace warden
