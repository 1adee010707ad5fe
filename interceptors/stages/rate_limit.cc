#include "interceptors/stages/rate_limit.h"

#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "interceptors/address.h"
#include "interceptors/guarded_method.h"
#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

// Keys of different kinds never meet: each begins with its kind. A buffer that seldom needs the
// heap.
using KeyBuffer = absl::InlinedVector<char, 192>;

void Append(char kind, std::string_view first, std::string_view second, KeyBuffer* key) {
  key->push_back(kind);
  key->insert(key->end(), first.begin(), first.end());
  key->push_back(
      '\0');  // no name, address or JSON-decoded issuer that a caller could shift around it
  key->insert(key->end(), second.begin(), second.end());
}

void AppendAddress(const Call& call, KeyBuffer* key) {
  AddressBuffer buffer;
  Append('a', HostOf(call.address, &buffer), "", key);
}

void AppendPeer(const Call& call, KeyBuffer* key) {
  const Peer& peer = *call.peer;
  if (!peer.spiffe_id.empty()) {
    Append('s', peer.spiffe_id, "", key);
  } else if (peer.has_certificate()) {
    Append('c', peer.certificate_sha256, "", key);
  } else {
    AppendAddress(call, key);
  }
}

void AppendPrincipal(const Call& call, KeyBuffer* key) {
  const Principal& principal = *call.principal;
  if (principal.token() != nullptr) {
    // The length of the issuer keeps (issuer, subject) pairs apart whatever bytes they hold.
    const auto length = static_cast<uint32_t>(principal.issuer().size());
    for (int shift = 0; shift < 32; shift += 8) {
      key->push_back(static_cast<char>(length >> shift));
    }
    Append('t', principal.issuer(), principal.subject(), key);
  } else {
    AppendPeer(call, key);
  }
}

RateLimitKey LabelOf(LimitSpec::Key key) {
  switch (key) {
    case LimitSpec::Key::kPeer:
      return RateLimitKey::kPeer;
    case LimitSpec::Key::kPrincipal:
      return RateLimitKey::kPrincipal;
    case LimitSpec::Key::kAddress:
      break;
  }
  return RateLimitKey::kAddress;
}

}  // namespace

RateLimitStage::RateLimitStage(std::shared_ptr<RateLimiter> limiter, Metrics* metrics)
    : limiter_(std::move(limiter)), metrics_(metrics) {}

std::optional<Refusal> RateLimitStage::Run(Call& call) {
  const GuardedMethod& method = *call.method;
  if (!method.limit.has_value()) return std::nullopt;
  KeyBuffer key;
  switch (method.limit->key) {
    case LimitSpec::Key::kPeer:
      AppendPeer(call, &key);
      break;
    case LimitSpec::Key::kPrincipal:
      AppendPrincipal(call, &key);
      break;
    case LimitSpec::Key::kAddress:
      AppendAddress(call, &key);
      break;
  }
  const RateLimiter::Decision decision = limiter_->Take(
      method.id, *method.limit, std::string_view(key.data(), key.size()), call.monotonic_ns);
  if (decision.allowed) return std::nullopt;
  metrics_->RecordRateLimited(method.id, LabelOf(method.limit->key));
  const std::string_view kind = ToString(method.limit->key);
  return Refusal{.reason = Reason::kRateLimited,
                 .detail = absl::StrCat("more than ", method.limit->requests, " per ",
                                        absl::FormatDuration(method.limit->per)),
                 .retry_after = decision.retry_after,
                 .quota = std::string(kind)};
}

}  // namespace warden
