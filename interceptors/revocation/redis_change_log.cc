#include "interceptors/revocation/redis_change_log.h"

#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using Type = RedisReply::Type;

constexpr size_t kPage = 512;

// ARGV: "put" or "lift", key, epoch, max_entries, and what the list's own part takes. KEYS: as in
// the header.
constexpr char kBegin[] = R"lua(
local entries, log, expiry, meta, lifted = unpack(KEYS)
local op, key, epoch, max_entries = unpack(ARGV)
max_entries = tonumber(max_entries)
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
local value, ends = 'lifted', 0
)lua";

constexpr char kEnd[] = R"lua(
if redis.call('HSETNX', meta, 'epoch', epoch) == 1 then redis.call('HSET', meta, 'version', '0') end
local version = math.max(tonumber(redis.call('HGET', meta, 'version') or '0') + 1, now)
redis.call('HSET', meta, 'version', text(version))
redis.call('HSET', entries, key, value)
redis.call('ZADD', log, text(version), key)
if lifted then
  if op == 'put' then redis.call('ZREM', lifted, key) else redis.call('ZADD', lifted, text(version), key) end
end
if ends > 0 then redis.call('ZADD', expiry, text(ends), key) else redis.call('ZREM', expiry, key) end
return {text(version), value, found and 1 or 0}
)lua";

bool ReadVersion(const RedisReply& reply, int64_t* version) {
  return reply.type == Type::kText && absl::SimpleAtoi(reply.text, version) && *version >= 0;
}

// The version of an entry of the log, which is a score.
bool ReadScore(const RedisReply& reply, int64_t* version) {
  double score = 0;
  if (!absl::SimpleAtod(reply.text, &score) || score <= 0 || score > 9e15) return false;
  *version = static_cast<int64_t>(score);
  return true;
}

std::string RandomEpoch() {
  std::random_device device;
  std::string epoch;
  for (int i = 0; i < 4; ++i) absl::StrAppend(&epoch, absl::Hex(device(), absl::kZeroPad8));
  return epoch;
}

}  // namespace

absl::Status NotAsWritten(const ChangeLogKind& kind) {
  return absl::DataLossError(
      absl::StrCat("the ", kind.list, " in Redis is not as Warden writes it"));
}

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

RedisChangeLog::RedisChangeLog(const ChangeLogKind& kind, RedisOptions options,
                               std::string key_prefix, size_t max_entries)
    : kind_(kind),
      options_(std::move(options)),
      prefix_(std::move(key_prefix)),
      max_entries_(max_entries) {}

std::string RedisChangeLog::Name(const char* what) const {
  return absl::StrCat(prefix_, "{", kind_.name, "}:", what);
}

absl::Status RedisChangeLog::NotOurs() const { return NotAsWritten(kind_); }

absl::StatusOr<RedisReply> RedisChangeLog::Run(const std::vector<std::string>& command) {
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

absl::StatusOr<ChangeLogState> RedisChangeLog::ReadState() {
  const absl::StatusOr<RedisReply> reply = Run({"HMGET", Name("meta"), "epoch", "version"});
  if (!reply.ok()) return reply.status();
  if (reply->type != Type::kList || reply->items.size() != 2) return NotOurs();
  const RedisReply& epoch = reply->items[0];
  if (epoch.type == Type::kNil) return ChangeLogState{};
  ChangeLogState state = {.epoch = epoch.text};
  if (epoch.text.empty() || !ReadVersion(reply->items[1], &state.version)) return NotOurs();
  return state;
}

absl::StatusOr<ChangePage<LoggedEntry>> RedisChangeLog::ReadEntries(int64_t after) {
  const absl::StatusOr<RedisReply> log =
      Run({"ZRANGEBYSCORE", Name("log"), absl::StrCat("(", after), "+inf", "WITHSCORES", "LIMIT",
           "0", absl::StrCat(kPage)});
  if (!log.ok()) return log.status();
  if (log->type != Type::kList || log->items.size() % 2 != 0) return NotOurs();
  ChangePage<LoggedEntry> page = {.last = after, .more = log->items.size() == 2 * kPage};
  if (log->items.empty()) return page;
  std::vector<std::string> ask = {"HMGET", Name("entries")};
  std::vector<int64_t> versions(log->items.size() / 2);
  for (size_t i = 0; i < versions.size(); ++i) {
    ask.push_back(log->items[2 * i].text);
    if (!ReadScore(log->items[2 * i + 1], &versions[i])) return NotOurs();
  }
  page.last = versions.back();
  absl::StatusOr<RedisReply> entries = Run(ask);
  if (!entries.ok()) return entries.status();
  if (entries->type != Type::kList || entries->items.size() != versions.size()) return NotOurs();
  for (size_t i = 0; i < versions.size(); ++i) {
    RedisReply& value = entries->items[i];
    if (value.type == Type::kNil) continue;  // has expired in between
    page.changes.push_back({std::move(ask[i + 2]), std::move(value.text), versions[i]});
  }
  return page;
}

absl::StatusOr<WrittenEntry> RedisChangeLog::Put(const std::string& key,
                                                 const std::vector<std::string>& arguments) {
  return Write("put", key, arguments);
}

absl::StatusOr<WrittenEntry> RedisChangeLog::Lift(const std::string& key) {
  return Write("lift", key, {});
}

// A connection that has been idle may have been closed; writing twice does no harm.
absl::StatusOr<WrittenEntry> RedisChangeLog::Write(const char* op, const std::string& key,
                                                   const std::vector<std::string>& arguments) {
  std::vector<std::string> keys = {Name("entries"), Name("log"), Name("expiry"), Name("meta")};
  if (kind_.counts_lifted) keys.push_back(Name("lifted"));
  std::vector<std::string> command = {"EVAL", absl::StrCat(kBegin, kind_.change, kEnd),
                                      absl::StrCat(keys.size())};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), {op, key, RandomEpoch(), absl::StrCat(max_entries_)});
  command.insert(command.end(), arguments.begin(), arguments.end());
  const bool was_open = connection_ != nullptr;
  absl::StatusOr<RedisReply> reply = Run(command);
  if (!reply.ok() && absl::IsUnavailable(reply.status()) && was_open) reply = Run(command);
  if (absl::IsFailedPrecondition(reply.status())) {
    if (reply.status().message().find("FULL") != absl::string_view::npos) {
      return absl::ResourceExhaustedError(absl::StrCat("the shared ", kind_.list, " is full"));
    }
    return absl::UnavailableError(reply.status().message());
  }
  if (!reply.ok()) return reply.status();
  if (reply->type != Type::kList || reply->items.size() != 3) return NotOurs();
  WrittenEntry written = {.entry = {.key = key, .value = reply->items[1].text},
                          .found = reply->items[2].integer == 1};
  if (!ReadVersion(reply->items[0], &written.entry.version)) return NotOurs();
  return written;
}

}  // namespace warden
