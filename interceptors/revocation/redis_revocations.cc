#include "interceptors/revocation/redis_revocations.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace warden {
namespace {

using Type = RedisReply::Type;

constexpr char kLifted[] = "lifted";
constexpr size_t kPage = 512;

// ARGV: "revoke" or "lift", key, issued_before, expires_at, revoked_at, reason, max_entries, epoch.
// Times are microseconds; 0 stands for the infinite future. KEYS: as in the header.
constexpr char kWrite[] = R"lua(
local entries, log, expiry, lifted, meta = unpack(KEYS)
local op, key, before, expires, revoked, reason = unpack(ARGV)
before, expires = tonumber(before), tonumber(expires)
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local function text(number) return string.format('%.0f', number) end
local function forget(keys)
  for _, one in ipairs(keys) do
    redis.call('HDEL', entries, one)
    for _, set in ipairs({log, expiry, lifted}) do redis.call('ZREM', set, one) end
  end
end
forget(redis.call('ZRANGEBYSCORE', expiry, '-inf', text(now), 'LIMIT', 0, 100))
local old = redis.call('HGET', entries, key)
local found = old and old ~= 'lifted'
local value = 'lifted'
if op == 'revoke' then
  if found then
    local b, e = string.match(old, '^1 (%d+) (%d+) ')
    if not b then return redis.error_reply('BADENTRY') end
    b, e = tonumber(b), tonumber(e)
    if before == 0 or b == 0 then before = 0 else before = math.max(before, b) end
    if expires == 0 or e == 0 then expires = 0 else expires = math.max(expires, e) end
  elseif redis.call('HLEN', entries) - redis.call('ZCARD', lifted) >= tonumber(ARGV[7]) then
    return redis.error_reply('FULL')
  end
  value = '1 ' .. text(before) .. ' ' .. text(expires) .. ' ' .. revoked .. ' ' .. reason
else
  local most = redis.call('ZCARD', lifted) - 10000
  if most >= 0 then forget(redis.call('ZRANGE', lifted, 0, most)) end
  expires = now + 7 * 86400 * 1000000
end
if redis.call('HSETNX', meta, 'epoch', ARGV[8]) == 1 then redis.call('HSET', meta, 'version', '0') end
local version = math.max(tonumber(redis.call('HGET', meta, 'version') or '0') + 1, now)
redis.call('HSET', meta, 'version', text(version))
redis.call('HSET', entries, key, value)
redis.call('ZADD', log, text(version), key)
if op == 'revoke' then redis.call('ZREM', lifted, key) else redis.call('ZADD', lifted, text(version), key) end
if expires > 0 then redis.call('ZADD', expiry, text(expires), key) else redis.call('ZREM', expiry, key) end
return {text(version), value, found and 1 or 0}
)lua";

absl::Status NotOurs() {
  return absl::DataLossError("the list in Redis is not as Warden writes it");
}

// Rounded up, so that what is revoked until a time is so to its end.
std::string Micros(absl::Time time) {
  if (time == absl::InfiniteFuture()) return "0";
  return absl::StrCat(std::max<int64_t>(absl::ToUnixMicros(time + absl::Nanoseconds(999)), 1));
}

bool ReadMicros(absl::string_view text, bool zero_is_infinite, absl::Time* time) {
  int64_t micros = 0;
  if (!absl::SimpleAtoi(text, &micros) || micros < 0) return false;
  *time = micros == 0 && zero_is_infinite ? absl::InfiniteFuture() : absl::FromUnixMicros(micros);
  return true;
}

absl::StatusOr<RevocationChange> ReadEntry(const std::string& key, const std::string& value,
                                           int64_t version) {
  RevocationChange change = {.stamp = version};
  absl::StatusOr<RevocationKey> decoded = DecodeKey(key);
  if (!decoded.ok()) return NotOurs();
  change.revocation.key = *std::move(decoded);
  change.lifted = value == kLifted;
  if (change.lifted) return change;
  const std::vector<absl::string_view> parts = absl::StrSplit(value, absl::MaxSplits(' ', 4));
  if (parts.size() != 5 || parts[0] != "1") return NotOurs();
  Revocation& entry = change.revocation;
  if (!ReadMicros(parts[1], true, &entry.issued_before) ||
      !ReadMicros(parts[2], true, &entry.expires_at) ||
      !ReadMicros(parts[3], false, &entry.revoked_at)) {
    return NotOurs();
  }
  entry.reason = std::string(parts[4]);
  absl::StatusOr<Revocation> normal =
      NormalRevocation(std::move(entry), change.revocation.revoked_at);
  if (!normal.ok()) return NotOurs();
  change.revocation = *std::move(normal);
  return change;
}

bool ReadVersion(const RedisReply& reply, int64_t* version) {
  return reply.type == Type::kText && absl::SimpleAtoi(reply.text, version) && *version >= 0;
}

std::string RandomEpoch() {
  std::random_device device;
  std::string epoch;
  for (int i = 0; i < 4; ++i) absl::StrAppend(&epoch, absl::Hex(device(), absl::kZeroPad8));
  return epoch;
}

}  // namespace

RedisRevocations::RedisRevocations(RedisOptions options, std::string key_prefix, size_t max_entries)
    : options_(std::move(options)), prefix_(std::move(key_prefix)), max_entries_(max_entries) {}

std::string RedisRevocations::Name(const char* what) const {
  return absl::StrCat(prefix_, "{revocations}:", what);
}

absl::StatusOr<RedisReply> RedisRevocations::Run(const std::vector<std::string>& command) {
  if (connection_ == nullptr) {
    absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Open(options_);
    if (!made.ok()) return made.status();
    connection_ = *std::move(made);
  }
  absl::StatusOr<RedisReply> reply = connection_->Run(command);
  if (reply.ok()) return reply;
  if (!absl::IsFailedPrecondition(reply.status())) connection_.reset();
  return absl::Status(reply.status().code(),
                      absl::StrCat("redis ", options_.address, ": ", reply.status().message()));
}

absl::StatusOr<SharedListState> RedisRevocations::ReadState() {
  const absl::StatusOr<RedisReply> reply = Run({"HMGET", Name("meta"), "epoch", "version"});
  if (!reply.ok()) return reply.status();
  if (reply->type != Type::kList || reply->items.size() != 2) return NotOurs();
  const RedisReply& epoch = reply->items[0];
  if (epoch.type == Type::kNil) return SharedListState{};
  SharedListState state = {.epoch = epoch.text};
  if (epoch.text.empty() || !ReadVersion(reply->items[1], &state.version)) return NotOurs();
  return state;
}

absl::StatusOr<SharedListPage> RedisRevocations::ReadChanges(int64_t after) {
  const absl::StatusOr<RedisReply> log =
      Run({"ZRANGEBYSCORE", Name("log"), absl::StrCat("(", after), "+inf", "WITHSCORES", "LIMIT",
           "0", absl::StrCat(kPage)});
  if (!log.ok()) return log.status();
  if (log->type != Type::kList || log->items.size() % 2 != 0) return NotOurs();
  SharedListPage page = {.last = after, .more = log->items.size() == 2 * kPage};
  if (log->items.empty()) return page;
  std::vector<std::string> ask = {"HMGET", Name("entries")};
  std::vector<int64_t> versions;
  for (size_t i = 0; i < log->items.size(); i += 2) {
    ask.push_back(log->items[i].text);
    double version = 0;  // a score
    if (!absl::SimpleAtod(log->items[i + 1].text, &version) || version <= 0 || version > 9e15) {
      return NotOurs();
    }
    versions.push_back(static_cast<int64_t>(version));
  }
  page.last = versions.back();
  const absl::StatusOr<RedisReply> entries = Run(ask);
  if (!entries.ok()) return entries.status();
  if (entries->type != Type::kList || entries->items.size() != versions.size()) return NotOurs();
  for (size_t i = 0; i < versions.size(); ++i) {
    const RedisReply& value = entries->items[i];
    if (value.type == Type::kNil) continue;  // has expired in between
    absl::StatusOr<RevocationChange> change = ReadEntry(ask[i + 2], value.text, versions[i]);
    if (!change.ok()) return change.status();
    page.changes.push_back(*std::move(change));
  }
  return page;
}

// A connection that has been idle may have been closed; writing twice does no harm.
absl::StatusOr<RedisReply> RedisRevocations::Write(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"EVAL",          kWrite,      "5",
                                      Name("entries"), Name("log"), Name("expiry"),
                                      Name("lifted"),  Name("meta")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(absl::StrCat(max_entries_));
  command.push_back(RandomEpoch());
  const bool was_open = connection_ != nullptr;
  absl::StatusOr<RedisReply> reply = Run(command);
  if (!reply.ok() && absl::IsUnavailable(reply.status()) && was_open) reply = Run(command);
  if (absl::IsFailedPrecondition(reply.status())) {
    if (reply.status().message().find("FULL") != absl::string_view::npos) {
      return absl::ResourceExhaustedError("the shared list of revocations is full");
    }
    return absl::UnavailableError(reply.status().message());
  }
  if (!reply.ok()) return reply.status();
  if (reply->type != Type::kList || reply->items.size() != 3) return NotOurs();
  return reply;
}

absl::StatusOr<RevocationChange> RedisRevocations::Revoke(const Revocation& revocation) {
  const absl::StatusOr<RedisReply> reply =
      Write({"revoke", EncodeKey(revocation.key), Micros(revocation.issued_before),
             Micros(revocation.expires_at), Micros(revocation.revoked_at), revocation.reason});
  if (!reply.ok()) return reply.status();
  int64_t version = 0;
  if (!ReadVersion(reply->items[0], &version)) return NotOurs();
  return ReadEntry(EncodeKey(revocation.key), reply->items[1].text, version);
}

absl::StatusOr<RevocationChange> RedisRevocations::Lift(const RevocationKey& key, bool* found) {
  const absl::StatusOr<RedisReply> reply = Write({"lift", EncodeKey(key), "0", "0", "0", ""});
  if (!reply.ok()) return reply.status();
  int64_t version = 0;
  if (!ReadVersion(reply->items[0], &version)) return NotOurs();
  *found = reply->items[2].integer == 1;
  return ReadEntry(EncodeKey(key), reply->items[1].text, version);
}

}  // namespace warden
