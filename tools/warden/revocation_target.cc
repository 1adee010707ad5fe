#include "tools/warden/revocation_target.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/revocation/revocation_file.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/revocation/redis_revocations.h"
#endif

namespace warden::cli {
namespace {

absl::Status CheckTarget(const RevocationTarget& target) {
  if (target.file.empty() == target.redis.empty()) {
    return absl::InvalidArgumentError("give either --file or --redis");
  }
#ifndef WARDEN_WITH_REDIS
  if (!target.redis.empty()) {
    return absl::InvalidArgumentError("--redis: this build has no Redis (WARDEN_WITH_REDIS)");
  }
#endif
  return absl::OkStatus();
}

#ifdef WARDEN_WITH_REDIS
absl::StatusOr<RedisRevocations> OpenRedis(const RevocationTarget& target) {
  RedisOptions options = {.address = target.redis,
                          .username = target.username,
                          .ca_file = target.ca_file,
                          .timeout = absl::Seconds(5)};
  if (!target.password_file.empty()) {
    const absl::Status status = ReadBoundedFile(target.password_file, 4096, &options.password);
    if (!status.ok()) return status;
    absl::StripTrailingAsciiWhitespace(&options.password);
  }
  return RedisRevocations(std::move(options), target.key_prefix, target.max_entries);
}

absl::Status ListRedis(const RevocationTarget& target, absl::Time now,
                       const std::function<void(const Revocation&)>& each) {
  auto redis = OpenRedis(target);
  if (!redis.ok()) return redis.status();
  absl::StatusOr<ChangePage<RevocationChange>> page = ChangePage<RevocationChange>{.more = true};
  while (page.ok() && page->more) {
    page = redis->ReadChanges(page->last);
    if (!page.ok()) break;
    for (const RevocationChange& change : page->changes) {
      if (!change.lifted && now < change.revocation.expires_at) each(change.revocation);
    }
  }
  return page.status();
}
#endif

}  // namespace

void AddTargetOptions(CLI::App& verb, RevocationTarget* target) {
  verb.add_option("--file", target->file, "The file, YAML of warden.v1.Revocations");
  verb.add_option("--redis", target->redis, "HOST:PORT or unix:/path of the shared list");
  verb.add_option("--redis-username", target->username, "Whom to log in as");
  verb.add_option("--redis-password-file", target->password_file, "The file with the password");
  verb.add_option("--redis-ca-file", target->ca_file, "TLS, with this CA in PEM");
  verb.add_option("--redis-key-prefix", target->key_prefix, "As in the servers' configuration")
      ->capture_default_str();
  verb.add_option("--max-entries", target->max_entries, "As in the servers' configuration")
      ->check(CLI::Range(size_t{1}, size_t{1} << 32))
      ->capture_default_str();
}

absl::StatusOr<Revocation> RevokeIn(const RevocationTarget& target, const Revocation& revocation,
                                    absl::Time now) {
  if (absl::Status status = CheckTarget(target); !status.ok()) return status;
#ifdef WARDEN_WITH_REDIS
  if (!target.redis.empty()) {
    auto redis = OpenRedis(target);
    if (!redis.ok()) return redis.status();
    absl::StatusOr<RevocationChange> change = redis->Revoke(revocation);
    if (!change.ok()) return change.status();
    return change->revocation;
  }
#endif
  const auto list = UpdateRevocationFile(
      target.file, target.max_entries, now,
      [&](RevocationList* all) { return AddTo(all, revocation, target.max_entries); });
  if (!list.ok()) return list.status();
  for (const Revocation& one : *list) {
    if (one.key == revocation.key) return one;
  }
  return revocation;
}

absl::Status LiftIn(const RevocationTarget& target, const RevocationKey& key, absl::Time now) {
  if (absl::Status status = CheckTarget(target); !status.ok()) return status;
#ifdef WARDEN_WITH_REDIS
  if (!target.redis.empty()) {
    auto redis = OpenRedis(target);
    if (!redis.ok()) return redis.status();
    bool found = false;
    const absl::StatusOr<RevocationChange> change = redis->Lift(key, &found);
    if (!change.ok()) return change.status();
    return found ? absl::OkStatus()
                 : absl::NotFoundError(
                       "was not in Redis; servers that still have it were told to drop it");
  }
#endif
  return UpdateRevocationFile(target.file, target.max_entries, now,
                              [&](RevocationList* all) { return RemoveFrom(all, key); })
      .status();
}

absl::Status ListIn(const RevocationTarget& target, absl::Time now,
                    const std::function<void(const Revocation&)>& each) {
  if (absl::Status status = CheckTarget(target); !status.ok()) return status;
#ifdef WARDEN_WITH_REDIS
  if (!target.redis.empty()) return ListRedis(target, now, each);
#endif
  const auto list = ReadRevocationFile(target.file, target.max_entries, now);
  if (!list.ok()) return list.status();
  for (const Revocation& one : *list) {
    if (now < one.expires_at) each(one);
  }
  return absl::OkStatus();
}

}  // namespace warden::cli
