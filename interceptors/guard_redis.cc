#include "interceptors/guard_redis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/limits/shared/redis_cluster.h"
#include "interceptors/limits/shared/redis_pipe.h"
#endif

namespace warden {

void CheckSingleRedis(const LoadedConfig& config, const v1::RedisConfig& redis,
                      std::string_view path, ProblemList* problems) {
  const auto refuse = [&](bool set, std::string_view key) {
    if (!set) return;
    problems->AddAt(config.places, ChildPath(path, key),
                    "is not supported here, only in limits.redis; name a single server's address");
  };
  refuse(redis.sentinels_size() > 0, "sentinels");
  refuse(!redis.sentinel_master().empty(), "sentinel_master");
  refuse(!redis.sentinel_username().empty(), "sentinel_username");
  refuse(!redis.sentinel_password_file().empty(), "sentinel_password_file");
  refuse(redis.cluster(), "cluster");
  refuse(redis.nodes_size() > 0, "nodes");
}

#ifdef WARDEN_WITH_REDIS
namespace {

constexpr char kRedis[] = "limits.redis";
constexpr absl::Duration kTimeout = absl::Milliseconds(100);
constexpr int kMostNodes = 32;  // of Sentinels, or to begin with

void AddRedis(const LoadedConfig& config, std::string_view key, std::string_view what,
              ProblemList* problems) {
  problems->AddAt(config.places, ChildPath(kRedis, key), what);
}

// "" where `file` is.
std::string ReadPassword(const LoadedConfig& config, const std::string& file, std::string_view key,
                         ProblemList* problems) {
  std::string password;
  if (file.empty()) return password;
  const absl::Status status = ReadBoundedFile(ResolveFile(config, file), 4096, &password);
  absl::StripTrailingAsciiWhitespace(&password);
  if (!status.ok()) {
    AddRedis(config, key, std::string(status.message()), problems);
  } else if (password.empty()) {
    AddRedis(config, key, "the file is empty", problems);
  }
  return password;
}

// Of a server that others name, too: no Unix socket.
void CheckNode(const LoadedConfig& config, const std::string& path, const std::string& address,
               ProblemList* problems) {
  const absl::StatusOr<SocketAddress> parsed = ParseSocketAddress(address);
  if (parsed.ok() && parsed->unix_path.empty()) return;
  problems->AddAt(config.places, path, "must be HOST:PORT or [IPV6]:PORT");
}

void ReadNodes(const LoadedConfig& config,
               const google::protobuf::RepeatedPtrField<std::string>& from, std::string_view key,
               std::vector<std::string>* nodes, ProblemList* problems) {
  if (from.size() > kMostNodes) {
    AddRedis(config, key, absl::StrCat("more than ", kMostNodes), problems);
    return;
  }
  for (int i = 0; i < from.size(); ++i) {
    CheckNode(config, ItemPath(ChildPath(kRedis, key), static_cast<size_t>(i)), from.Get(i),
              problems);
    nodes->push_back(from.Get(i));
  }
}

void ReadSentinels(const LoadedConfig& config, SentinelOptions* sentinels, ProblemList* problems) {
  const v1::RedisConfig& redis = config.config.limits().redis();
  if (redis.sentinels_size() == 0) {
    const auto needs = [&](const std::string& value, std::string_view key) {
      if (!value.empty()) AddRedis(config, key, "needs sentinels", problems);
    };
    needs(redis.sentinel_master(), "sentinel_master");
    needs(redis.sentinel_username(), "sentinel_username");
    needs(redis.sentinel_password_file(), "sentinel_password_file");
    return;
  }
  ReadNodes(config, redis.sentinels(), "sentinels", &sentinels->sentinels, problems);
  if (!redis.address().empty()) {
    AddRedis(config, "address", "the Sentinels name it; leave out one of the two", problems);
  }
  if (redis.cluster()) AddRedis(config, "cluster", "a Cluster has no Sentinels", problems);
  sentinels->master = redis.sentinel_master();
  if (sentinels->master.empty()) {
    AddRedis(config, "sentinel_master", "is required with sentinels", problems);
  } else if (!std::all_of(sentinels->master.begin(), sentinels->master.end(), [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' ||
                      c == '_';
             })) {
    AddRedis(config, "sentinel_master", "must be of letters, digits, `.`, `-` and `_`", problems);
  }
  sentinels->username = redis.sentinel_username();
  if (!sentinels->username.empty() && redis.sentinel_password_file().empty()) {
    AddRedis(config, "sentinel_username", "needs sentinel_password_file", problems);
  }
  sentinels->password =
      ReadPassword(config, redis.sentinel_password_file(), "sentinel_password_file", problems);
}

void ReadAddress(const LoadedConfig& config, RedisTarget* target, ProblemList* problems) {
  const v1::RedisConfig& redis = config.config.limits().redis();
  if (!redis.cluster() && redis.nodes_size() > 0) {
    AddRedis(config, "nodes", "needs cluster: true", problems);
  }
  if (redis.sentinels_size() > 0) return;
  if (redis.address().empty()) {
    AddRedis(config, "address", "is required", problems);
  } else if (redis.cluster()) {
    CheckNode(config, ChildPath(kRedis, "address"), redis.address(), problems);
    target->cluster.push_back(redis.address());
    ReadNodes(config, redis.nodes(), "nodes", &target->cluster, problems);
  } else if (const auto parsed = ParseSocketAddress(redis.address()); !parsed.ok()) {
    AddRedis(config, "address", std::string(parsed.status().message()), problems);
  }
  target->redis.address = redis.address();
}

}  // namespace

RedisTarget ReadLimitsRedis(const LoadedConfig& config, ProblemList* problems) {
  const v1::LimitsConfig& settings = config.config.limits();
  const v1::RedisConfig& redis = settings.redis();
  RedisTarget target;
  target.redis.username = redis.username();
  target.redis.timeout =
      DurationOr(settings.has_store_timeout(), settings.store_timeout(), kTimeout);
  if (target.redis.timeout < absl::Milliseconds(1) || target.redis.timeout > absl::Seconds(10)) {
    problems->AddAt(config.places, "limits.store_timeout", "must be from 1ms to 10s");
  }
  ReadAddress(config, &target, problems);
  ReadSentinels(config, &target.sentinels, problems);
  if (redis.has_poll_interval()) {
    AddRedis(config, "poll_interval", "has no meaning here: nothing is polled", problems);
  }
  if (!redis.username().empty() && redis.password_file().empty()) {
    AddRedis(config, "username", "needs password_file", problems);
  }
  target.redis.password = ReadPassword(config, redis.password_file(), "password_file", problems);
  if (!redis.ca_file().empty()) {
    target.redis.ca_file = ResolveFile(config, redis.ca_file());
    std::string pem;
    const absl::Status status = ReadBoundedFile(target.redis.ca_file, 1 << 20, &pem);
    if (!status.ok() || pem.find("-----BEGIN CERTIFICATE-----") == pem.npos) {
      AddRedis(config, "ca_file",
               absl::StrCat(target.redis.ca_file, ": cannot be read, or holds no certificate"),
               problems);
    }
  }
  return target;
}

std::unique_ptr<RedisSender> MakeRedisSender(RedisTarget target) {
  if (!target.cluster.empty()) {
    return std::make_unique<RedisCluster>(std::move(target.cluster), std::move(target.redis));
  }
  if (target.sentinels.sentinels.empty()) {
    return std::make_unique<RedisPipe>(std::move(target.redis));
  }
  const auto resolver =
      std::make_shared<SentinelResolver>(std::move(target.sentinels), std::move(target.redis));
  return std::make_unique<RedisPipe>(
      [resolver](const std::function<bool()>& stopping) { return resolver->Open(stopping); });
}
#endif

}  // namespace warden
