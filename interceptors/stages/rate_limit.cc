#include "interceptors/stages/rate_limit.h"

#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/address.h"
#include "interceptors/guarded_method.h"
#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

// Keys of different kinds never meet: each begins with its kind. A buffer that seldom needs the
// heap.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only what was written of near_ is read.
class KeyBuffer {
 public:
  void push_back(char c) { append({&c, 1}); }
  void append(std::string_view bytes) {
    if (spill_.empty() && size_ + bytes.size() <= sizeof(near_)) {
      std::memcpy(near_ + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
      return;
    }
    if (spill_.empty()) spill_.assign(near_, size_);
    spill_.append(bytes);
  }
  std::string_view view() const {
    return spill_.empty() ? std::string_view(near_, size_) : std::string_view(spill_);
  }

 private:
  char near_[192];
  size_t size_ = 0;
  std::string spill_;  // everything, once `near_` was too small
};

void Append(char kind, std::string_view first, std::string_view second, KeyBuffer* key) {
  key->push_back(kind);
  key->append(first);
  key->push_back(
      '\0');  // no name, address or JSON-decoded issuer that a caller could shift around it
  key->append(second);
}

void AppendAddress(Call& call, KeyBuffer* key) {
  AddressBuffer buffer;
  Append('a', HostOf(call.Address(), &buffer), "", key);
}

void AppendPeer(Call& call, KeyBuffer* key) {
  const Peer& peer = *call.peer;
  if (!peer.spiffe_id.empty()) {
    Append('s', peer.spiffe_id, "", key);
  } else if (peer.has_certificate()) {
    Append('c', peer.certificate_sha256, "", key);
  } else {
    AppendAddress(call, key);
  }
}

void AppendPrincipal(Call& call, KeyBuffer* key) {
  const Principal& principal = *call.principal;
  if (principal.token() != nullptr) {
    // The length of the issuer keeps (issuer, subject) pairs apart whatever bytes they hold.
    const auto length = static_cast<uint32_t>(principal.issuer().size());
    for (int shift = 0; shift < 32; shift += 8) {
      key->push_back(static_cast<char>(length >> shift));
    }
    Append('t', principal.issuer(), principal.subject(), key);
  } else if (principal.api_key() != nullptr) {
    Append('k', principal.api_key()->subject(), "", key);  // all of a subject's keys are one caller
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

RateLimitStage::RateLimitStage(std::shared_ptr<RateLimiter> limiter, bool observe, Metrics* metrics)
    : limiter_(std::move(limiter)), observe_(observe), metrics_(metrics) {}

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
  const RateLimiter::Decision decision =
      limiter_->Take(method.id, *method.limit, key.view(), call.monotonic_ns);
  if (decision.allowed) return std::nullopt;
  std::string detail = absl::StrCat("more than ", method.limit->requests, " per ",
                                    absl::FormatDuration(method.limit->per));
  if (observe_) {
    call.notes.push_back({.event = DecisionEvent::kObserved,
                          .reason = Reason::kRateLimited,
                          .stage = name(),
                          .detail = std::move(detail)});
    return std::nullopt;
  }
  metrics_->RecordRateLimited(method.id, LabelOf(method.limit->key));
  const std::string_view kind = ToString(method.limit->key);
  return Refusal{.reason = Reason::kRateLimited,
                 .detail = std::move(detail),
                 .retry_after = decision.retry_after,
                 .quota = std::string(kind)};
}

}  // namespace warden
