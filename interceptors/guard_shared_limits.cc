#include "interceptors/guard_shared_limits.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "authz/policy/access.h"
#include "interceptors/guard_limit_service.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/limits/shared/leases.h"
#include "interceptors/limits/shared/redis_store.h"
#endif

namespace warden {
namespace {

constexpr char kRedis[] = "limits.redis";

void AddRedis(const LoadedConfig& config, std::string_view key, std::string_view what,
              ProblemList* problems) {
  problems->AddAt(config.places, ChildPath(kRedis, key), what);
}

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
constexpr absl::Duration kTimeout = absl::Milliseconds(100);

int64_t SteadyNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void ReadPassword(const LoadedConfig& config, RedisOptions* options, ProblemList* problems) {
  const v1::RedisConfig& redis = config.config.limits().redis();
  if (redis.password_file().empty()) {
    if (!redis.username().empty()) AddRedis(config, "username", "needs password_file", problems);
    return;
  }
  const absl::Status status =
      ReadBoundedFile(ResolveFile(config, redis.password_file()), 4096, &options->password);
  absl::StripTrailingAsciiWhitespace(&options->password);
  if (!status.ok()) {
    AddRedis(config, "password_file", std::string(status.message()), problems);
  } else if (options->password.empty()) {
    AddRedis(config, "password_file", "the file is empty", problems);
  }
}

RedisOptions ReadRedis(const LoadedConfig& config, ProblemList* problems) {
  const v1::LimitsConfig& settings = config.config.limits();
  const v1::RedisConfig& redis = settings.redis();
  RedisOptions options;
  options.address = redis.address();
  options.username = redis.username();
  options.timeout = DurationOr(settings.has_store_timeout(), settings.store_timeout(), kTimeout);
  if (options.timeout < absl::Milliseconds(1) || options.timeout > absl::Seconds(10)) {
    problems->AddAt(config.places, "limits.store_timeout", "must be from 1ms to 10s");
  }
  const auto parsed = ParseSocketAddress(options.address);
  if (options.address.empty()) {
    AddRedis(config, "address", "is required", problems);
  } else if (!parsed.ok()) {
    AddRedis(config, "address", std::string(parsed.status().message()), problems);
  }
  if (redis.has_poll_interval()) {
    AddRedis(config, "poll_interval", "has no meaning here: nothing is polled", problems);
  }
  ReadPassword(config, &options, problems);
  if (!redis.ca_file().empty()) {
    options.ca_file = ResolveFile(config, redis.ca_file());
    std::string pem;
    const absl::Status status = ReadBoundedFile(options.ca_file, 1 << 20, &pem);
    if (!status.ok() || pem.find("-----BEGIN CERTIFICATE-----") == pem.npos) {
      AddRedis(config, "ca_file",
               absl::StrCat(options.ca_file, ": cannot be read, or holds no certificate"),
               problems);
    }
  }
  return options;
}

prometheus::MetricFamily One(const char* name, const char* help, prometheus::MetricType type,
                             double value) {
  prometheus::MetricFamily family = {name, help, type, {}};
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  (type == prometheus::MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
  return family;
}

std::vector<prometheus::MetricFamily> PipeFamilies(const RedisPipe& pipe) {
  using prometheus::MetricType;
  return {One("warden_limit_store_up", "1 while the shared store of limits answers.",
              MetricType::Gauge, pipe.up() ? 1 : 0),
          One("warden_limit_store_questions_total", "Decisions asked of the shared store.",
              MetricType::Counter, static_cast<double>(pipe.commands())),
          One("warden_limit_store_batches_total", "Round trips to the shared store.",
              MetricType::Counter, static_cast<double>(pipe.batches())),
          One("warden_limit_store_errors_total", "Decisions that the shared store did not give.",
              MetricType::Counter, static_cast<double>(pipe.failures()))};
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
  ReadRedis(config, problems);
#else
  problems->AddAt(config.places, kRedis,
                  "this build of Warden has no Redis; build it with WARDEN_WITH_REDIS=ON, which "
                  "needs libhiredis-dev");
#endif
}

SharedLimits MakeSharedLimits(const LoadedConfig& config,
                              const std::deque<GuardedMethod>& methods) {
  const bool used = std::any_of(methods.begin(), methods.end(), [](const GuardedMethod& method) {
    return std::any_of(method.limits.begin(), method.limits.end(),
                       [](const Limit& limit) { return limit.store == Limit::Store::kShared; });
  });
  if (!used) return {};
#ifdef WARDEN_WITH_REDIS
  ProblemList none;
  RedisOptions options = ReadRedis(config, &none);
  const std::string& prefix = config.config.limits().redis().key_prefix();
  const auto redis =
      std::make_shared<RedisLimitStore>(std::move(options), prefix.empty() ? "warden:" : prefix);
  return {std::make_shared<LeasingStore>(redis, SteadyNanos),
          [redis] { return PipeFamilies(redis->pipe()); }};
#else
  return {};  // never come to: CheckSharedLimits has refused the configuration
#endif
}

}  // namespace warden
