#include "interceptors/guard_shared_limits.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/policy/access.h"
#include "interceptors/guard_limit_service.h"
#include "interceptors/guard_redis.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/limits/shared/leases.h"
#include "interceptors/limits/shared/redis_store.h"
#include "interceptors/limits/shared/sender_metrics.h"
#include "interceptors/steady.h"
#endif

namespace warden {
namespace {

void AddUnconfigured(const std::deque<GuardedMethod>& methods, const v1::LimitsConfig& settings,
                     ProblemList* problems) {
  for (const GuardedMethod& method : methods) {
    if (method.descriptor == nullptr) continue;
    for (const Limit& limit : method.limits) {
      if (limit.store != Limit::Store::kShared || settings.has_redis()) continue;
      problems->Add(
          PlaceOf(*method.descriptor),
          absl::StrCat(std::string(method.descriptor->full_name()),
                       ": rate_limit: store: SHARED needs limits.redis in the configuration"));
    }
  }
}

#ifdef WARDEN_WITH_REDIS
constexpr SenderMetrics kMetrics = {.up = "warden_limit_store_up",
                                    .questions = "warden_limit_store_questions_total",
                                    .batches = "warden_limit_store_batches_total",
                                    .errors = "warden_limit_store_errors_total"};

// A decision is one script, whose keys must be in one slot; two limits' keys never are but by
// chance.
void AddCrossSlot(const std::deque<GuardedMethod>& methods, ProblemList* problems) {
  for (const GuardedMethod& method : methods) {
    const auto shared =
        std::count_if(method.limits.begin(), method.limits.end(),
                      [](const Limit& limit) { return limit.store == Limit::Store::kShared; });
    if (method.descriptor == nullptr || shared < 2) continue;
    problems->Add(
        PlaceOf(*method.descriptor),
        absl::StrCat(std::string(method.descriptor->full_name()), ": rate_limit: ", shared,
                     " limits are SHARED; with limits.redis.cluster a method can "
                     "have one, for their keys are in different slots"));
  }
}
#endif

}  // namespace

void CheckSharedLimits(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                       ProblemList* problems) {
  const v1::LimitsConfig& settings = config.config.limits();
  AddUnconfigured(methods, settings, problems);
  CheckLimitService(config, methods, problems);
  if (!settings.has_redis()) return;
#ifdef WARDEN_WITH_REDIS
  ReadLimitsRedis(config, problems);
  if (settings.redis().cluster()) AddCrossSlot(methods, problems);
#else
  AddNoRedis(config, "limits.redis", problems);
#endif
}

SharedLimits MakeSharedLimits([[maybe_unused]] const LoadedConfig& config,
                              const std::deque<GuardedMethod>& methods) {
  const bool used = std::any_of(methods.begin(), methods.end(), [](const GuardedMethod& method) {
    return std::any_of(method.limits.begin(), method.limits.end(),
                       [](const Limit& limit) { return limit.store == Limit::Store::kShared; });
  });
  if (!used) return {};
#ifdef WARDEN_WITH_REDIS
  ProblemList none;
  RedisTarget target = ReadLimitsRedis(config, &none);
  const std::string& prefix = config.config.limits().redis().key_prefix();
  const auto redis = std::make_shared<RedisLimitStore>(MakeRedisSender(std::move(target)),
                                                       prefix.empty() ? "warden:" : prefix);
  return {std::make_shared<LeasingStore>(redis, SteadyNanos),
          [redis] { return SenderFamilies(redis->sender(), kMetrics, "limits"); }};
#else
  return {};  // never come to: CheckSharedLimits has refused the configuration
#endif
}

}  // namespace warden
