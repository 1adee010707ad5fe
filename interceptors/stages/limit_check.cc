#include "interceptors/stages/limit_check.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guarded_method.h"
#include "interceptors/limit_set.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/stages/pending_limits.h"

namespace warden {
namespace {

constexpr std::string_view kConnectionLimit = "connection_limit";

uint32_t CostOf(const LimitCost& cost, const Call& call, const google::protobuf::Message& request) {
  if (cost.field.has_value()) return cost.field->Read(request);
  const uint64_t bytes = call.request_bytes != 0 ? call.request_bytes : request.ByteSizeLong();
  const uint64_t parts = bytes / cost.bytes + (bytes % cost.bytes == 0 ? 0 : 1);
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(parts, 1, std::numeric_limits<uint32_t>::max()));
}

// By OfFailures.
bool IsJudgedEarly(const Limit& limit) {
  return limit.counts_failures && NeedNoCredentials(limit.keys);
}

int64_t CeilSeconds(absl::Duration duration) {
  return std::max<int64_t>(absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))), 0);
}

}  // namespace

void LimitCheck::Add(const Limit& limit, MethodInKey method, uint32_t cost, TakeMode mode,
                     Call& call, LimitAsks* asks) const {
  KeyBuffer key;
  AppendKey(limit.keys, method, call, &key);
  asks->limits.push_back(&limit);
  asks->asks.push_back({&limit.spec, options_.limiter->PlaceOf(limit.id, key.view()), cost, mode,
                        call.limits->version, limit.counts_failures});
}

std::optional<Refusal> LimitCheck::OfConnection(Call& call) {
  LimitAsks asks;
  for (const Limit& limit : call.limits->connection) {
    const TakeMode mode = limit.counts_failures ? TakeMode::kPeek : TakeMode::kTake;
    Add(limit, MethodInKey::kMethod, limit.cost.fixed, mode, call, &asks);
  }
  return JudgeHere(Reason::kConnectionLimited, kConnectionLimit, call, &asks);
}

bool CountFailures(const std::vector<Limit>& limits) {
  return std::any_of(limits.begin(), limits.end(),
                     [](const Limit& limit) { return limit.counts_failures; });
}

std::optional<Refusal> LimitCheck::OfFailures(Call& call) const {
  LimitAsks asks;
  for (const Limit& limit : LimitsOf(call)) {
    if (!IsJudgedEarly(limit)) continue;
    Add(limit, MethodInKey::kNothing, limit.cost.fixed, TakeMode::kPeek, call, &asks);
  }
  if (asks.count() == 0) return std::nullopt;
  return JudgeHere(Reason::kFailureLimited, kConnectionLimit, call, &asks);
}

void LimitCheck::ChargeFailure(const std::vector<Limit>& limits, MethodInKey method,
                               int64_t monotonic_ns, Call& call) const {
  for (const Limit& limit : limits) {
    if (!limit.counts_failures) continue;
    KeyBuffer key;
    AppendKey(limit.keys, method, call, &key);
    options_.limiter->Judge({&limit.spec, options_.limiter->PlaceOf(limit.id, key.view()),
                             limit.cost.fixed, TakeMode::kCharge, call.limits->version},
                            monotonic_ns);
  }
}

std::optional<Refusal> LimitCheck::BeforeBody(Call& call) {
  if (call.pending != nullptr) return Conclude(*TakePendingLimits(&call), call);
  LimitAsks here, shared;
  for (const Limit& limit : LimitsOf(call)) {
    if (IsJudgedEarly(limit)) continue;
    const bool later = limit.counts_failures || limit.cost.needs_body();
    // A service cannot be asked without being charged.
    if (later && limit.store == Limit::Store::kService) continue;
    Add(limit, MethodInKey::kNothing, limit.cost.fixed, later ? TakeMode::kPeek : TakeMode::kTake,
        call, limit.store == Limit::Store::kLocal ? &here : &shared);
  }
  return JudgeBoth(call, here, shared);
}

std::optional<Refusal> LimitCheck::OfBody(Call& call, const google::protobuf::Message& request) {
  if (call.pending != nullptr) return Conclude(*TakePendingLimits(&call), call);
  LimitAsks here, shared;
  for (const Limit& limit : LimitsOf(call)) {
    if (!limit.cost.needs_body()) continue;
    Add(limit, MethodInKey::kNothing, CostOf(limit.cost, call, request), TakeMode::kTake, call,
        limit.store == Limit::Store::kLocal ? &here : &shared);
  }
  return JudgeBoth(call, here, shared);
}

std::optional<Refusal> LimitCheck::JudgeHere(Reason reason, std::string_view stage, Call& call,
                                             LimitAsks* asks) const {
  asks->decisions.resize(asks->count());
  const bool allowed = options_.limiter->JudgeAll(asks->asks, call.monotonic_ns, asks->decisions);
  asks->charged = allowed;
  return Settle(allowed, reason, stage, call, *asks);
}

std::optional<Refusal> LimitCheck::Settle(bool allowed, Reason reason, std::string_view stage,
                                          Call& call, const LimitAsks& asks) const {
  const auto& decisions = asks.decisions;
  if (allowed ? options_.trailers.always : options_.trailers.on_refusal) {
    Show(asks, allowed, call);
  }
  size_t slowest = 0;
  for (size_t i = 0; i < asks.count(); ++i) {
    // What was only looked at, or not charged because another refused, was not admitted.
    const bool admitted = allowed && asks.asks[i].mode == TakeMode::kTake;
    if (admitted || !decisions[i].allowed) {
      options_.counters->Record(asks.limits[i]->id, admitted);
    }
    const bool later = decisions[i].retry_after > decisions[slowest].retry_after;
    if (!decisions[i].allowed && (decisions[slowest].allowed || later)) slowest = i;
  }
  if (allowed) return std::nullopt;
  const Limit& limit = *asks.limits[slowest];
  // What a service allows only it knows.
  std::string detail = limit.store == Limit::Store::kService
                           ? "over the limit of the rate limit service"
                           : absl::StrCat("more than ", limit.spec.requests,
                                          limit.counts_failures ? " failures" : "", " per ",
                                          absl::FormatDuration(limit.spec.per));
  if (!limit.name.empty()) absl::StrAppend(&detail, " of ", limit.name);
  if (asks.asks[slowest].cost != 1) absl::StrAppend(&detail, ", cost ", asks.asks[slowest].cost);
  return RefuseRate({.reason = limit.counts_failures ? Reason::kFailureLimited : reason,
                     .detail = std::move(detail),
                     .retry_after = decisions[slowest].retry_after,
                     .quota = limit.label},
                    limit.label, stage, call);
}

// The one nearest to its end: with the least left, and of those the one that takes longest.
void LimitCheck::Show(const LimitAsks& asks, bool allowed, Call& call) const {
  for (size_t i = 0; i < asks.count(); ++i) {
    const RateLimiter::Decision& one = asks.decisions[i];
    if (!allowed && one.allowed) continue;
    const absl::Duration reset =
        std::max(one.reset_after, one.allowed ? absl::ZeroDuration() : one.retry_after);
    const ShownLimit shown = {asks.limits[i], one.remaining,
                              reset == absl::InfiniteDuration() ? one.reset_after : reset};
    const std::optional<ShownLimit>& now = call.shown_limit;
    if (now.has_value() && allowed &&
        (now->remaining < shown.remaining ||
         (now->remaining == shown.remaining && now->reset_after >= shown.reset_after))) {
      continue;
    }
    call.shown_limit = shown;
  }
}

std::optional<Refusal> LimitCheck::Refuse(Refusal refusal, std::string_view stage,
                                          Call& call) const {
  if (!options_.observe) return refusal;
  call.shown_limit.reset();
  call.notes.push_back({.event = DecisionEvent::kObserved,
                        .reason = refusal.reason,
                        .stage = stage,
                        .detail = std::move(refusal.detail)});
  return std::nullopt;
}

std::optional<Refusal> LimitCheck::RefuseRate(Refusal refusal, std::string_view key,
                                              std::string_view stage, Call& call) const {
  if (!options_.observe) options_.metrics->RecordRateLimited(call.method->id, key);
  return Refuse(std::move(refusal), stage, call);
}

std::vector<std::pair<std::string, std::string>> LimitTrailersOf(const Call& call,
                                                                 const Refusal* refusal) {
  std::vector<std::pair<std::string, std::string>> trailers;
  if (!call.shown_limit.has_value()) return trailers;
  const ShownLimit& shown = *call.shown_limit;
  const LimitSpec& spec = shown.limit->spec;
  std::string limit = absl::StrCat(spec.size(), ", ", spec.requests,
                                   ";w=", std::max<int64_t>(CeilSeconds(spec.per), 1));
  if (spec.burst != spec.requests) absl::StrAppend(&limit, ";burst=", spec.burst);
  // What a service allows only it knows.
  if (shown.limit->store != Limit::Store::kService) {
    trailers.emplace_back("ratelimit-limit", std::move(limit));
  }
  trailers.emplace_back("ratelimit-remaining", absl::StrCat(shown.remaining));
  trailers.emplace_back("ratelimit-reset", absl::StrCat(CeilSeconds(shown.reset_after)));
  if (refusal != nullptr && refusal->retry_after > absl::ZeroDuration() &&
      refusal->retry_after != absl::InfiniteDuration()) {
    trailers.emplace_back("retry-after", absl::StrCat(CeilSeconds(refusal->retry_after)));
  }
  return trailers;
}

}  // namespace warden
