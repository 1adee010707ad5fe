#include "interceptors/limits/shared/redis_sentinel.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/shared/redis_address.h"

namespace warden {

SentinelResolver::SentinelResolver(SentinelOptions sentinels, RedisOptions redis)
    : options_(std::move(sentinels)), redis_(std::move(redis)) {}

absl::StatusOr<std::string> SentinelResolver::Ask(const std::string& sentinel) const {
  RedisOptions to = redis_;
  to.address = sentinel;
  to.username = options_.username;
  to.password = options_.password;
  absl::StatusOr<std::unique_ptr<RedisConnection>> asked = RedisConnection::Open(to);
  if (!asked.ok()) return asked.status();
  const absl::StatusOr<RedisReply> reply =
      (*asked)->Run({"SENTINEL", "get-master-addr-by-name", options_.master});
  if (!reply.ok()) return reply.status();
  if (reply->type == RedisReply::Type::kNil) {
    return absl::UnavailableError(
        absl::StrCat("the Sentinel ", sentinel, " knows no master `", options_.master, "`"));
  }
  if (reply->type == RedisReply::Type::kList && reply->items.size() == 2) {
    if (auto address = JoinRedisAddress(reply->items[0].text, reply->items[1].text))
      return *address;
  }
  return absl::UnavailableError(absl::StrCat("the Sentinel ", sentinel, " gave no address"));
}

absl::StatusOr<std::unique_ptr<RedisConnection>> SentinelResolver::OpenMaster(
    const std::string& address) const {
  RedisOptions to = redis_;
  to.address = address;
  absl::StatusOr<std::unique_ptr<RedisConnection>> opened = RedisConnection::Open(to);
  if (!opened.ok()) return opened;
  const absl::StatusOr<RedisReply> role = (*opened)->Run({"ROLE"});
  if (!role.ok()) return role.status();
  if (role->type != RedisReply::Type::kList || role->items.empty() ||
      role->items[0].text != "master") {
    return absl::UnavailableError(absl::StrCat("redis ", address, " is no master"));
  }
  return opened;
}

// A Sentinel that names a server which is no master, or gone, may be behind the others: they are
// asked, too.
absl::StatusOr<std::unique_ptr<RedisConnection>> SentinelResolver::Open(
    const std::function<bool()>& stopping) {
  absl::Status last = absl::UnavailableError("there are no Sentinels");
  for (auto one = options_.sentinels.begin(); one != options_.sentinels.end(); ++one) {
    if (stopping()) return absl::UnavailableError("the server stops");
    const absl::StatusOr<std::string> address = Ask(*one);
    if (!address.ok()) {
      last = address.status();
      continue;
    }
    absl::StatusOr<std::unique_ptr<RedisConnection>> master = OpenMaster(*address);
    if (!master.ok()) {
      last = master.status();
      continue;
    }
    std::rotate(options_.sentinels.begin(), one, one + 1);
    return master;
  }
  return last;
}

}  // namespace warden
