#include "interceptors/guard_limits.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/config/yaml_loader.h"
#include "authz/policy/access.h"
#include "interceptors/guard.h"
#include "interceptors/guard_shared_limits.h"
#include "interceptors/limit_control.h"
#include "interceptors/problem_lines.h"
#include "interceptors/stages/limit_check.h"
#include "interceptors/steady.h"
#include "interceptors/watch_reloads.h"

namespace warden {
namespace {

constexpr size_t kDefaultKeys = 1 << 20;

void CompileRates(GuardedMethod* method, LimitIds* ids, ProblemList* problems) {
  absl::StatusOr<std::vector<Limit>> limits = ResolveLimits(*method->descriptor);
  if (!limits.ok()) {
    AddLines(PlaceOf(*method->descriptor), limits.status(), problems);
    return;
  }
  method->limits = *std::move(limits);
  for (Limit& limit : method->limits) {
    method->charges_body = method->charges_body || limit.cost.needs_body();
    if (!ids->Assign(&limit)) {
      problems->Add(PlaceOf(*method->descriptor),
                    absl::StrCat(std::string(method->descriptor->full_name()),
                                 ": rate_limit: name: another method's limit \"", limit.name,
                                 "\" says something else"));
    }
  }
}

// What of a limit needs more than the connection.
std::string_view WhyNotOfConnection(const Limit& limit) {
  if (!NeedNoCredentials(limit.keys)) {
    return "key: must be PEER, ADDRESS or METHOD: nobody is known yet";
  }
  if (limit.store != Limit::Store::kLocal) return "store: must be LOCAL: it guards the others";
  if (!limit.name.empty()) return "name: these limits have none";
  return "";
}

}  // namespace

void CompileLimits(GuardedMethod* method, LimitIds* ids, ProblemList* problems) {
  CompileRates(method, ids, problems);
  auto concurrency = ResolveConcurrency(*method->descriptor);
  if (concurrency.ok()) {
    method->concurrency = *std::move(concurrency);
  } else {
    AddLines(PlaceOf(*method->descriptor), concurrency.status(), problems);
  }
  auto quota = ResolveStreamQuota(*method->descriptor);
  if (quota.ok()) {
    method->stream_quota = *std::move(quota);
  } else {
    AddLines(PlaceOf(*method->descriptor), quota.status(), problems);
  }
}

std::vector<Limit> ReadConnectionLimits(const LoadedConfig& config, ProblemList* problems) {
  std::vector<Limit> limits;
  const v1::LimitsConfig& settings = config.config.limits();
  if (static_cast<size_t>(settings.connection_size()) > kMaxLimits) {
    problems->AddAt(config.places, "limits.connection",
                    absl::StrCat("at most ", kMaxLimits, " limits"));
    return limits;
  }
  for (int i = 0; i < settings.connection_size(); ++i) {
    std::vector<std::string> found;
    Limit limit = ReadLimit(settings.connection(i), nullptr, &found);
    const std::string_view why = WhyNotOfConnection(limit);
    if (!why.empty()) found.emplace_back(why);
    for (const std::string& problem : found) {
      problems->AddAt(config.places, absl::StrCat("limits.connection[", i, "]"), problem);
    }
    limit.id = limit.index = static_cast<uint32_t>(i);
    limits.push_back(std::move(limit));
  }
  return limits;
}

std::shared_ptr<RateLimiter> MakeRateLimiter(const LoadedConfig& config) {
  const uint32_t configured = config.config.limits().max_keys();
  return std::make_shared<RateLimiter>(configured == 0 ? kDefaultKeys : configured,
                                       absl::ToUnixNanos(absl::Now()) - SteadyNanos());
}

LimitTrailers ReadLimitTrailers(const v1::Config& config) {
  switch (config.limits().trailers()) {
    case v1::LimitsConfig::NEVER:
      return {.on_refusal = false, .always = false};
    case v1::LimitsConfig::ALWAYS:
      return {.on_refusal = true, .always = true};
    default:
      return {};
  }
}

std::shared_ptr<LimitCheck> Guard::MakeLimits(const v1::Config& config) const {
  return std::make_shared<LimitCheck>(LimitCheck::Options{
      .limiter = limiter_,
      .counters = limit_counters_,
      .trailers = ReadLimitTrailers(config),
      .observe = config.enforcement().rate_limit() == v1::EnforcementConfig::OBSERVE,
      .metrics = metrics_.get()});
}

void Guard::ReadLimits(const LoadedConfig& config, ProblemList* problems) {
  connection_limits_ = ReadConnectionLimits(config, problems);
  limit_control_ = LimitControl::Create(config, methods_, connection_limits_, problems);
  CheckSharedLimits(config, methods_, problems);
}

void Guard::WatchLimits() {
  if (!limit_control_->watches()) return;
  reloads_.push_back(WatchReloads(
      limit_control_->reload_interval(), ReloadedFile::kLimits, "limits", metrics_,
      [control = limit_control_, limiter = limiter_] { return control->Reload(limiter.get()); }));
}

std::optional<Refusal> Guard::CheckBodyLimits(Call& call,
                                              const google::protobuf::Message& request) {
  if (!call.method->charges_body) return std::nullopt;
  std::optional<Refusal> refusal = limits_->OfBody(call, request);
  if (!call.notes.empty()) RecordNotes(call);
  if (!refusal.has_value()) return std::nullopt;
  return Refused(call, *std::move(refusal), "rate_limit");
}

std::optional<Refusal> Guard::CountStreamed(const Call& call,
                                            const google::protobuf::Message& request) {
  const bool timed = call.method->stream_quota->rate.has_value();
  std::string why = call.stream_use->Add(request.ByteSizeLong(), timed ? SteadyNanos() : 0);
  if (why.empty()) return std::nullopt;
  return Refusal{.reason = Reason::kStreamQuota, .detail = std::move(why)};
}

std::optional<int64_t> Guard::QuotaEnd(const Call& call) const {
  const StreamQuota* const quota = call.method->stream_quota.get();
  if (quota == nullptr || quota->max_age == absl::InfiniteDuration()) return std::nullopt;
  return call.monotonic_ns + absl::ToInt64Nanoseconds(quota->max_age);
}

Refusal Guard::WhyQuotaEnded(const Call& call) const {
  return {.reason = Reason::kStreamQuota,
          .detail = absl::StrCat("it went on for more than ",
                                 absl::FormatDuration(call.method->stream_quota->max_age))};
}

bool Guard::watches_streams() const {
  if (watches_streams_) return true;
  return std::any_of(methods_.begin(), methods_.end(), [](const GuardedMethod& method) {
    return method.stream_quota != nullptr &&
           method.stream_quota->max_age != absl::InfiniteDuration();
  });
}

}  // namespace warden
