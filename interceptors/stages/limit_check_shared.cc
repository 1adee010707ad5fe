// What of LimitCheck asks a store that other servers share.
#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guarded_method.h"
#include "interceptors/stages/limit_check.h"
#include "interceptors/stages/limit_descriptor.h"
#include "interceptors/stages/pending_limits.h"

namespace warden {
namespace {

constexpr std::string_view kStage = "rate_limit";

SharedAsk ToSharedAsk(const Limit& limit, const RateLimiter::Ask& ask, Call& call) {
  SharedAsk shared;
  shared.spec = limit.spec;
  shared.cost = ask.cost;
  shared.charge = ask.mode == TakeMode::kTake;
  if (limit.store == Limit::Store::kService) {
    shared.entries = DescriptorOf(limit, call);
    return shared;
  }
  KeyBuffer key;
  AppendKey(limit.keys, MethodInKey::kNothing, call, &key);
  // What the limit says is part of its name: servers with another version of it count apart. The
  // lengths keep the parts apart.
  const std::string name =
      limit.name.empty() ? absl::StrCat(call.method->name, "[", limit.index, "]") : limit.name;
  shared.bucket = absl::StrCat(name.size(), ":", name, limit.said.size(), ":", limit.said);
  shared.bucket.append(key.view());
  shared.up_to = limit.lease;
  return shared;
}

RateLimiter::Decision ToDecision(const SharedDecision& shared) {
  RateLimiter::Decision decision;
  decision.allowed = shared.judged.allowed;
  decision.remaining = shared.judged.remaining;
  decision.reset_after = absl::Nanoseconds(shared.judged.reset_ns);
  if (decision.allowed) {
    decision.retry_after = absl::ZeroDuration();
  } else if (shared.judged.wait_ns < kNever) {
    decision.retry_after = absl::Nanoseconds(shared.judged.wait_ns);
  }
  return decision;
}

}  // namespace

// What this process keeps is charged first: what the store refuses then is given back here, which
// costs nothing, and the store is not asked for what is refused here.
std::optional<Refusal> LimitCheck::JudgeBoth(Call& call, LimitAsks& here, const LimitAsks& shared) {
  if (here.count() > 0) {
    std::optional<Refusal> refusal = JudgeHere(Reason::kRateLimited, kStage, call, &here);
    if (refusal.has_value()) return refusal;
  }
  if (shared.count() == 0) return std::nullopt;
  std::vector<SharedAsk> asks;
  for (size_t i = 0; i < shared.count(); ++i) {
    asks.push_back(ToSharedAsk(*shared.limits[i], shared.asks[i], call));
  }
  const auto pending = std::make_shared<PendingLimits>(here, shared);
  // All of a method's are in one: CheckLimitService has seen to it.
  const bool service = shared.limits.front()->store == Limit::Store::kService;
  const std::shared_ptr<SharedLimitStore>& store = service ? service_ : store_;
  if (store == nullptr) return ConcludeOutage(*pending, call);
  store->Decide(std::move(asks),
                [pending](SharedLimitStore::Answer answer) { pending->Finish(std::move(answer)); });
  if (pending->finished()) return Conclude(*pending, call);
  call.pending = pending;
  return std::nullopt;
}

std::optional<Refusal> LimitCheck::Conclude(PendingLimits& pending, Call& call) {
  const SharedLimitStore::Answer& answer = pending.answer();
  LimitAsks& shared = pending.shared();
  if (!answer.ok() || answer->size() != shared.count()) return ConcludeOutage(pending, call);
  shared.decisions.resize(shared.count());
  bool allowed = true;
  for (size_t i = 0; i < shared.count(); ++i) {
    shared.decisions[i] = ToDecision((*answer)[i]);
    allowed = allowed && shared.decisions[i].allowed;
  }
  if (!allowed) GiveBack(pending.here(), call);
  return Settle(allowed, Reason::kRateLimited, kStage, call, shared);
}

std::optional<Refusal> LimitCheck::ConcludeOutage(PendingLimits& pending, Call& call) {
  LimitAsks& shared = pending.shared();
  for (size_t i = 0; i < shared.count(); ++i) {
    if (shared.limits[i]->on_outage != Limit::Outage::kFailClosed) continue;
    GiveBack(pending.here(), call);
    outage_refusals_.fetch_add(1, std::memory_order_relaxed);
    std::string detail = "the shared store cannot be asked";
    if (!pending.answer().ok()) absl::StrAppend(&detail, ": ", pending.answer().status().message());
    return Refuse({.reason = Reason::kLimitUnavailable, .detail = std::move(detail)}, kStage, call);
  }
  fallbacks_.fetch_add(1, std::memory_order_relaxed);
  std::optional<Refusal> refusal = JudgeHere(Reason::kRateLimited, kStage, call, &shared);
  if (refusal.has_value()) GiveBack(pending.here(), call);
  return refusal;
}

std::vector<prometheus::MetricFamily> LimitCheck::OutageFamilies() const {
  prometheus::MetricFamily family = {"warden_limit_store_outage_calls_total",
                                     "Calls that the store of limits could not decide.",
                                     prometheus::MetricType::Counter,
                                     {}};
  const auto add = [&](const char* result, const std::atomic<uint64_t>& count) {
    prometheus::ClientMetric& sample = family.metric.emplace_back();
    sample.label = {{"result", result}};
    sample.counter.value = static_cast<double>(count.load(std::memory_order_relaxed));
  };
  add("local", fallbacks_);
  add("refused", outage_refusals_);
  return {std::move(family)};
}

void LimitCheck::GiveBack(const LimitAsks& asks, const Call& call) const {
  if (!asks.charged) return;
  for (size_t i = 0; i < asks.count(); ++i) {
    if (asks.asks[i].mode != TakeMode::kTake || !asks.decisions[i].allowed) continue;
    options_.limiter->Refund(asks.asks[i], asks.decisions[i], call.monotonic_ns);
  }
}

}  // namespace warden
