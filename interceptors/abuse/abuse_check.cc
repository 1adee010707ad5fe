// What of AbuseControl each call meets.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/token/verified_token.h"
#include "interceptors/abuse/abuse_control.h"
#include "interceptors/revocation/operator_log.h"
#include "interceptors/steady.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/abuse/shared_blocks.h"
#endif

namespace warden {
namespace {

constexpr std::string_view kStage = "abuse";
// A client that is blocked for good is told to ask again then.
constexpr absl::Duration kLongestRetry = absl::Hours(24);

std::optional<IpAddress> AddressOf(Call& call) { return IpAddress::Parse(call.Address()); }

std::string HostValue(const IpAddress& address) {
  return AddressRange::Around(address, address.ipv6 ? 64 : 32).ToString();
}

std::string Until(absl::Time time) {
  return time == absl::InfiniteFuture()
             ? "it is lifted"
             : absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace

std::optional<Refusal> AbuseControl::Check(BlockKind kind, Call& call, bool resumed) {
  if (std::optional<Refusal> refusal = CheckBlocked(kind, call)) return refusal;
  // What is known of an address is waited for together with what is known of its peer.
  if (kind == BlockKind::kAddress || delays_ == nullptr) return std::nullopt;
  return CheckDelay(kind, call, resumed);
}

std::optional<absl::Time> AbuseControl::BlockedUntil(BlockKind kind, Call& call) const {
  if (!list_.any(kind)) return std::nullopt;
  switch (kind) {
    case BlockKind::kAddress: {
      const std::optional<IpAddress> address = AddressOf(call);
      if (!address.has_value()) return std::nullopt;
      return list_.FindAddress(*address, call.now);
    }
    case BlockKind::kPeer: {
      std::optional<absl::Time> until = list_.Find(kind, PeerValue(*call.peer), call.now);
      // A proxy that is blocked speaks for nobody.
      if (call.peer->forwarded_by == nullptr) return until;
      const auto proxy = list_.Find(kind, PeerValue(*call.peer->forwarded_by), call.now);
      return std::max(until, proxy);
    }
    case BlockKind::kPrincipal: {
      const std::optional<std::string> value = PrincipalValueOf(*call.principal);
      if (!value.has_value()) return std::nullopt;
      return list_.Find(kind, *value, call.now);
    }
  }
  return std::nullopt;
}

std::optional<Refusal> AbuseControl::CheckBlocked(BlockKind kind, Call& call) {
  const std::optional<absl::Time> until = BlockedUntil(kind, call);
  if (!until.has_value()) return std::nullopt;
  const std::string name(ToString(kind));
  std::string detail = absl::StrCat("the ", name, " is blocked until ", Until(*until));
  if (settings_.observe) return Observe(call, std::move(detail));
  blocked_[static_cast<size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  return Refusal{.reason = Reason::kBlocked,
                 .detail = std::move(detail),
                 .retry_after = std::min(*until - call.now, kLongestRetry),
                 .quota = name};
}

absl::Duration AbuseControl::DelayOf(BlockKind kind, Call& call, int64_t now_ns) const {
  if (kind == BlockKind::kPrincipal) {
    if (!penalties_.any_waits(kind, now_ns)) return absl::ZeroDuration();
    const std::optional<std::string> value = PrincipalValueOf(*call.principal);
    return value.has_value() ? penalties_.DelayOf(kind, *value, now_ns) : absl::ZeroDuration();
  }
  absl::Duration delay;
  if (penalties_.any_waits(BlockKind::kPeer, now_ns)) {
    delay = penalties_.DelayOf(BlockKind::kPeer, PeerValue(*call.peer), now_ns);
  }
  // A proxy's address is not its callers'.
  if (call.peer->forwarded_by != nullptr || !penalties_.any_waits(BlockKind::kAddress, now_ns)) {
    return delay;
  }
  const std::optional<IpAddress> address = AddressOf(call);
  if (!address.has_value()) return delay;
  return std::max(delay, penalties_.DelayOf(BlockKind::kAddress, HostValue(*address), now_ns));
}

std::optional<Refusal> AbuseControl::CheckDelay(BlockKind kind, Call& call, bool resumed) {
  const int64_t now_ns = resumed ? SteadyNanos() : call.monotonic_ns;
  const absl::Duration delay = DelayOf(kind, call, now_ns);
  if (delay <= absl::ZeroDuration()) return std::nullopt;
  std::string detail = absl::StrCat("after its failures the caller has to wait another ",
                                    absl::FormatDuration(delay));
  if (settings_.observe) return Observe(call, std::move(detail));
  if (call.may_wait && !resumed) call.pending = delays_->Add(delay);
  if (call.waiting()) {
    delayed_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  delays_refused_.fetch_add(1, std::memory_order_relaxed);
  return Refusal{.reason = Reason::kBlocked,
                 .detail = std::move(detail),
                 .retry_after = delay,
                 .quota = std::string(ToString(kind))};
}

std::optional<Refusal> AbuseControl::Observe(Call& call, std::string detail) {
  observed_.fetch_add(1, std::memory_order_relaxed);
  call.notes.push_back({.event = DecisionEvent::kObserved,
                        .reason = Reason::kBlocked,
                        .stage = kStage,
                        .detail = std::move(detail)});
  return std::nullopt;
}

void AbuseControl::Count(Call& call, FailureKind kind) {
  failures_[static_cast<size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  if (!penalties_.enabled()) return;
  const bool others_possible = kind == FailureKind::kCredentials || kind == FailureKind::kHandler;
  if (call.principal != nullptr) {
    const std::optional<std::string> principal = PrincipalValueOf(*call.principal);
    if (principal.has_value()) {
      CountAgainst(call, BlockKind::kPrincipal, *principal, /*wholly=*/false);
      if (!others_possible) return;
    }
  }
  if (call.peer != nullptr && call.peer->has_certificate()) {
    // Nor is the address counted of a peer that calls on behalf of others.
    if (settings_.Exempts(*call.peer)) return;
    CountAgainst(call, BlockKind::kPeer, std::string(PeerValue(*call.peer)), /*wholly=*/false);
    if (!others_possible || call.peer->forwarded_by != nullptr) return;
  }
  CountAgainstAddress(call);
}

void AbuseControl::CountAgainstAddress(Call& call) {
  const std::optional<IpAddress> address = AddressOf(call);
  if (!address.has_value() || settings_.exempt_addresses.Contains(*address)) return;
  CountAgainst(call, BlockKind::kAddress, HostValue(*address), /*wholly=*/false);
}

void AbuseControl::Penalize(Call& call, BlockKind kind) {
  if (kind == BlockKind::kPrincipal) {
    const std::optional<std::string> value = PrincipalValueOf(*call.principal);
    if (value.has_value()) CountAgainst(call, kind, *value, /*wholly=*/true);
  } else if (kind == BlockKind::kPeer) {
    if (settings_.Exempts(*call.peer)) return;
    CountAgainst(call, kind, std::string(PeerValue(*call.peer)), /*wholly=*/true);
  } else {
    const std::optional<IpAddress> address = AddressOf(call);
    if (!address.has_value() || settings_.exempt_addresses.Contains(*address)) return;
    CountAgainst(call, kind, HostValue(*address), /*wholly=*/true);
  }
}

void AbuseControl::CountAgainst(Call& call, BlockKind kind, const std::string& value, bool wholly) {
  const int64_t now_ns = SteadyNanos();  // a call may have waited, and a stream have gone on
  const std::optional<absl::Duration> block =
      wholly ? penalties_.FailWholly(kind, value, now_ns) : penalties_.Fail(kind, value, now_ns);
  if (block.has_value()) MakeBlock(call, {kind, value}, *block);
}

void AbuseControl::MakeBlock(Call& call, BlockKey key, absl::Duration duration) {
  const absl::Time now = Now();
  Block block = {.key = std::move(key),
                 .until = now + duration,
                 .made_at = now,
                 .reason = "too many failures",
                 .by = std::string(kByPenalty)};
  made_[static_cast<size_t>(block.key.kind)].fetch_add(1, std::memory_order_relaxed);
  absl::Status status = list_.Add(BlockSource::kLocal, block);
  if (!status.ok() && list_.DropExpired(now) > 0) status = list_.Add(BlockSource::kLocal, block);
  if (!status.ok()) {
    penalties_.Forget(block.key.kind, block.key.value);  // or its failures would not count
    if (unkept_.fetch_add(1, std::memory_order_relaxed) == 0) {
      LogForOperator(absl::StrCat("abuse: a caller is not blocked: ", status.message()));
    }
    return;
  }
  // Others may enforce what is only watched here.
#ifdef WARDEN_WITH_REDIS
  if (shared_ != nullptr && !settings_.observe) shared_->Push(block);
#endif
  call.notes.push_back({.event = DecisionEvent::kBlock,
                        .reason = Reason::kBlocked,
                        .allowed = false,
                        .stage = kStage,
                        .detail = absl::StrCat(Describe(block.key), " is blocked until ",
                                               Until(block.until), ": ", block.reason)});
}

}  // namespace warden
