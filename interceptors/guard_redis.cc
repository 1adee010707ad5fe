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

void AddNoRedis(const LoadedConfig& config, std::string_view path, ProblemList* problems) {
  problems->AddAt(config.places, path,
                  "this build of Warden has no Redis; build it with WARDEN_WITH_REDIS=ON, which "
                  "needs libhiredis-dev");
}

#ifdef WARDEN_WITH_REDIS
namespace {

constexpr absl::Duration kTimeout = absl::Milliseconds(100);
constexpr int kMostNodes = 32;  // of Sentinels, or to begin with

// Reads the fields of one RedisConfig.
class RedisReader {
 public:
  RedisReader(const LoadedConfig& config, const v1::RedisConfig& redis, std::string_view path,
              ProblemList* problems)
      : config_(config), redis_(redis), path_(path), problems_(problems) {}

  // All but the address.
  void ReadLogin(RedisOptions* options) const;
  void ReadSingleAddress(RedisOptions* options) const;
  void ReadAddress(RedisTarget* target) const;
  void ReadSentinels(SentinelOptions* sentinels) const;
  void RefuseMany() const;
  void RefusePolling() const {
    if (redis_.has_poll_interval()) {
      Add("poll_interval", "has no meaning here: nothing is polled");
    }
  }
  void Add(std::string_view key, std::string_view what) const {
    problems_->AddAt(config_.places, ChildPath(path_, key), what);
  }

 private:
  std::string ReadPassword(const std::string& file, std::string_view key) const;
  void CheckAuthority(const std::string& file) const;
  void CheckNode(const std::string& path, const std::string& address) const;
  void ReadNodes(const google::protobuf::RepeatedPtrField<std::string>& from, std::string_view key,
                 std::vector<std::string>* nodes) const;

  const LoadedConfig& config_;
  const v1::RedisConfig& redis_;
  const std::string path_;
  ProblemList* const problems_;
};

// "" where `file` is.
std::string RedisReader::ReadPassword(const std::string& file, std::string_view key) const {
  std::string password;
  if (file.empty()) return password;
  const absl::Status status = ReadBoundedFile(ResolveFile(config_, file), 4096, &password);
  // Editors end files with a line break.
  absl::StripTrailingAsciiWhitespace(&password);
  if (!status.ok()) {
    Add(key, std::string(status.message()));
  } else if (password.empty()) {
    Add(key, "the file is empty");
  }
  return password;
}

void RedisReader::CheckAuthority(const std::string& file) const {
  std::string pem;
  const absl::Status status = ReadBoundedFile(file, 1 << 20, &pem);
  if (status.ok() && pem.find("-----BEGIN CERTIFICATE-----") != pem.npos) return;
  Add("ca_file", absl::StrCat(file, ": cannot be read, or holds no certificate"));
}

void RedisReader::ReadLogin(RedisOptions* options) const {
  options->username = redis_.username();
  if (!redis_.username().empty() && redis_.password_file().empty()) {
    Add("username", "needs password_file");
  }
  options->password = ReadPassword(redis_.password_file(), "password_file");
  if (redis_.ca_file().empty()) return;
  options->ca_file = ResolveFile(config_, redis_.ca_file());
  CheckAuthority(options->ca_file);
}

void RedisReader::ReadSingleAddress(RedisOptions* options) const {
  options->address = redis_.address();
  if (redis_.address().empty()) {
    Add("address", "is required");
  } else if (const auto parsed = ParseSocketAddress(redis_.address()); !parsed.ok()) {
    Add("address", std::string(parsed.status().message()));
  }
}

void RedisReader::RefuseMany() const {
  const auto refuse = [&](bool set, std::string_view key) {
    if (!set) return;
    Add(key,
        "is not supported here, only in limits.redis and signing.redis; name a single server's "
        "address");
  };
  refuse(redis_.sentinels_size() > 0, "sentinels");
  refuse(!redis_.sentinel_master().empty(), "sentinel_master");
  refuse(!redis_.sentinel_username().empty(), "sentinel_username");
  refuse(!redis_.sentinel_password_file().empty(), "sentinel_password_file");
  refuse(redis_.cluster(), "cluster");
  refuse(redis_.nodes_size() > 0, "nodes");
}

// Of a server that others name, too: no Unix socket.
void RedisReader::CheckNode(const std::string& path, const std::string& address) const {
  const absl::StatusOr<SocketAddress> parsed = ParseSocketAddress(address);
  if (parsed.ok() && parsed->unix_path.empty()) return;
  problems_->AddAt(config_.places, path, "must be HOST:PORT or [IPV6]:PORT");
}

void RedisReader::ReadNodes(const google::protobuf::RepeatedPtrField<std::string>& from,
                            std::string_view key, std::vector<std::string>* nodes) const {
  if (from.size() > kMostNodes) {
    Add(key, absl::StrCat("more than ", kMostNodes));
    return;
  }
  for (int i = 0; i < from.size(); ++i) {
    CheckNode(ItemPath(ChildPath(path_, key), static_cast<size_t>(i)), from.Get(i));
    nodes->push_back(from.Get(i));
  }
}

void RedisReader::ReadSentinels(SentinelOptions* sentinels) const {
  if (redis_.sentinels_size() == 0) {
    const auto needs = [&](const std::string& value, std::string_view key) {
      if (!value.empty()) Add(key, "needs sentinels");
    };
    needs(redis_.sentinel_master(), "sentinel_master");
    needs(redis_.sentinel_username(), "sentinel_username");
    needs(redis_.sentinel_password_file(), "sentinel_password_file");
    return;
  }
  ReadNodes(redis_.sentinels(), "sentinels", &sentinels->sentinels);
  if (!redis_.address().empty()) Add("address", "the Sentinels name it; leave out one of the two");
  if (redis_.cluster()) Add("cluster", "a Cluster has no Sentinels");
  sentinels->master = redis_.sentinel_master();
  if (sentinels->master.empty()) {
    Add("sentinel_master", "is required with sentinels");
  } else if (!std::all_of(sentinels->master.begin(), sentinels->master.end(), [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' ||
                      c == '_';
             })) {
    Add("sentinel_master", "must be of letters, digits, `.`, `-` and `_`");
  }
  sentinels->username = redis_.sentinel_username();
  if (!sentinels->username.empty() && redis_.sentinel_password_file().empty()) {
    Add("sentinel_username", "needs sentinel_password_file");
  }
  sentinels->password = ReadPassword(redis_.sentinel_password_file(), "sentinel_password_file");
}

void RedisReader::ReadAddress(RedisTarget* target) const {
  if (!redis_.cluster() && redis_.nodes_size() > 0) Add("nodes", "needs cluster: true");
  if (redis_.sentinels_size() > 0) return;
  if (!redis_.cluster() || redis_.address().empty()) {
    ReadSingleAddress(&target->redis);
    return;
  }
  target->redis.address = redis_.address();
  CheckNode(ChildPath(path_, "address"), redis_.address());
  target->cluster.push_back(redis_.address());
  ReadNodes(redis_.nodes(), "nodes", &target->cluster);
}

template <typename Settings>
RedisTarget ReadTarget(const LoadedConfig& config, const Settings& settings,
                       const std::string& place, ProblemList* problems) {
  const RedisReader reader(config, settings.redis(), absl::StrCat(place, ".redis"), problems);
  RedisTarget target;
  target.redis.timeout =
      DurationOr(settings.has_store_timeout(), settings.store_timeout(), kTimeout);
  if (target.redis.timeout < absl::Milliseconds(1) || target.redis.timeout > absl::Seconds(10)) {
    problems->AddAt(config.places, absl::StrCat(place, ".store_timeout"),
                    "must be from 1ms to 10s");
  }
  reader.ReadAddress(&target);
  reader.ReadSentinels(&target.sentinels);
  reader.RefusePolling();
  reader.ReadLogin(&target.redis);
  return target;
}

}  // namespace

RedisOptions ReadSingleRedis(const LoadedConfig& config, const v1::RedisConfig& redis,
                             std::string_view path, ProblemList* problems) {
  const RedisReader reader(config, redis, path, problems);
  RedisOptions options;
  reader.RefuseMany();
  reader.ReadSingleAddress(&options);
  reader.ReadLogin(&options);
  return options;
}

absl::Duration ReadPollInterval(const LoadedConfig& config, const v1::RedisConfig& redis,
                                std::string_view path, absl::Duration otherwise,
                                ProblemList* problems) {
  const absl::Duration interval =
      DurationOr(redis.has_poll_interval(), redis.poll_interval(), otherwise);
  if (interval < absl::Milliseconds(10) || interval > absl::Minutes(1)) {
    problems->AddAt(config.places, ChildPath(path, "poll_interval"), "must be from 10ms to 1m");
  }
  return interval;
}

RedisTarget ReadLimitsRedis(const LoadedConfig& config, ProblemList* problems) {
  return ReadTarget(config, config.config.limits(), "limits", problems);
}

RedisTarget ReadSigningRedis(const LoadedConfig& config, ProblemList* problems) {
  return ReadTarget(config, config.config.signing(), "signing", problems);
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
