#include "interceptors/abuse/redis_blocks.h"

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

// ARGV: "add" or "lift", key, until, made_at, by, reason, max_entries, epoch. Times are
// microseconds; 0 stands for the infinite future. KEYS: as in the header.
constexpr char kWrite[] = R"lua(
local entries, log, expiry, meta = unpack(KEYS)
local op, key, ends, made, by, reason = unpack(ARGV)
ends = tonumber(ends)
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local function text(number) return string.format('%.0f', number) end
for _, one in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', text(now), 'LIMIT', 0, 100)) do
  redis.call('HDEL', entries, one)
  redis.call('ZREM', log, one)
  redis.call('ZREM', expiry, one)
end
local old = redis.call('HGET', entries, key)
local found = old and old ~= 'lifted'
local value = 'lifted'
if op == 'add' then
  if found then
    local before = string.match(old, '^1\n(%d+)\n')
    if not before then return redis.error_reply('BADENTRY') end
    before = tonumber(before)
    if before == 0 or (ends ~= 0 and before >= ends) then return {'0', old, 1} end
  elseif redis.call('HLEN', entries) >= tonumber(ARGV[7]) then
    return redis.error_reply('FULL')
  end
  value = '1\n' .. text(ends) .. '\n' .. made .. '\n' .. by .. '\n' .. reason
else
  ends = now + 86400 * 1000000
end
if redis.call('HSETNX', meta, 'epoch', ARGV[8]) == 1 then redis.call('HSET', meta, 'version', '0') end
local version = math.max(tonumber(redis.call('HGET', meta, 'version') or '0') + 1, now)
redis.call('HSET', meta, 'version', text(version))
redis.call('HSET', entries, key, value)
redis.call('ZADD', log, text(version), key)
if ends > 0 then redis.call('ZADD', expiry, text(ends), key) else redis.call('ZREM', expiry, key) end
return {text(version), value, found and 1 or 0}
)lua";

absl::Status NotOurs() {
  return absl::DataLossError("the block list in Redis is not as Warden writes it");
}

// Rounded up, so that who is blocked until a time is so to its end.
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

absl::StatusOr<BlockChange> ReadEntry(const std::string& key, const std::string& value) {
  BlockChange change;
  absl::StatusOr<BlockKey> decoded = DecodeBlockKey(key);
  if (!decoded.ok()) return NotOurs();
  change.block.key = *std::move(decoded);
  change.lifted = value == kLifted;
  if (change.lifted) return change;
  const std::vector<absl::string_view> parts = absl::StrSplit(value, absl::MaxSplits('\n', 4));
  if (parts.size() != 5 || parts[0] != "1" || parts[3].size() > kMaxBlockReasonBytes ||
      parts[4].size() > kMaxBlockReasonBytes || !ReadMicros(parts[1], true, &change.block.until) ||
      !ReadMicros(parts[2], false, &change.block.made_at)) {
    return NotOurs();
  }
  change.block.by = std::string(parts[3]);
  change.block.reason = std::string(parts[4]);
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

RedisBlocks::RedisBlocks(RedisOptions options, std::string key_prefix, size_t max_entries)
    : options_(std::move(options)), prefix_(std::move(key_prefix)), max_entries_(max_entries) {}

std::string RedisBlocks::Name(const char* what) const {
  return absl::StrCat(prefix_, "{blocks}:", what);
}

absl::StatusOr<RedisReply> RedisBlocks::Run(const std::vector<std::string>& command) {
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

absl::StatusOr<SharedBlocksState> RedisBlocks::ReadState() {
  const absl::StatusOr<RedisReply> reply = Run({"HMGET", Name("meta"), "epoch", "version"});
  if (!reply.ok()) return reply.status();
  if (reply->type != Type::kList || reply->items.size() != 2) return NotOurs();
  const RedisReply& epoch = reply->items[0];
  if (epoch.type == Type::kNil) return SharedBlocksState{};
  SharedBlocksState state = {.epoch = epoch.text};
  if (epoch.text.empty() || !ReadVersion(reply->items[1], &state.version)) return NotOurs();
  return state;
}

absl::StatusOr<BlockChanges> RedisBlocks::ReadChanges(int64_t after) {
  const absl::StatusOr<RedisReply> log =
      Run({"ZRANGEBYSCORE", Name("log"), absl::StrCat("(", after), "+inf", "WITHSCORES", "LIMIT",
           "0", absl::StrCat(kPage)});
  if (!log.ok()) return log.status();
  if (log->type != Type::kList || log->items.size() % 2 != 0) return NotOurs();
  BlockChanges page = {.last = after, .more = log->items.size() == 2 * kPage};
  if (log->items.empty()) return page;
  std::vector<std::string> ask = {"HMGET", Name("entries")};
  for (size_t i = 0; i < log->items.size(); i += 2) {
    ask.push_back(log->items[i].text);
    double version = 0;  // a score
    if (!absl::SimpleAtod(log->items[i + 1].text, &version) || version <= 0 || version > 9e15) {
      return NotOurs();
    }
    page.last = static_cast<int64_t>(version);
  }
  const absl::StatusOr<RedisReply> entries = Run(ask);
  if (!entries.ok()) return entries.status();
  if (entries->type != Type::kList || entries->items.size() + 2 != ask.size()) return NotOurs();
  for (size_t i = 0; i < entries->items.size(); ++i) {
    const RedisReply& value = entries->items[i];
    if (value.type == Type::kNil) continue;  // has expired in between
    absl::StatusOr<BlockChange> change = ReadEntry(ask[i + 2], value.text);
    if (!change.ok()) return change.status();
    page.changes.push_back(*std::move(change));
  }
  return page;
}

// A connection that has been idle may have been closed; writing twice does no harm.
absl::StatusOr<RedisReply> RedisBlocks::Write(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"EVAL",      kWrite,         "4",         Name("entries"),
                                      Name("log"), Name("expiry"), Name("meta")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(absl::StrCat(max_entries_));
  command.push_back(RandomEpoch());
  const bool was_open = connection_ != nullptr;
  absl::StatusOr<RedisReply> reply = Run(command);
  if (!reply.ok() && absl::IsUnavailable(reply.status()) && was_open) reply = Run(command);
  if (absl::IsFailedPrecondition(reply.status())) {
    if (reply.status().message().find("FULL") != absl::string_view::npos) {
      return absl::ResourceExhaustedError("the shared block list is full");
    }
    return absl::UnavailableError(reply.status().message());
  }
  if (!reply.ok()) return reply.status();
  if (reply->type != Type::kList || reply->items.size() != 3) return NotOurs();
  return reply;
}

absl::StatusOr<Block> RedisBlocks::Add(const Block& block) {
  const std::string key = EncodeBlockKey(block.key);
  const absl::StatusOr<RedisReply> reply =
      Write({"add", key, Micros(block.until), Micros(block.made_at), block.by, block.reason});
  if (!reply.ok()) return reply.status();
  absl::StatusOr<BlockChange> change = ReadEntry(key, reply->items[1].text);
  if (!change.ok() || change->lifted) return NotOurs();
  return std::move(change->block);
}

absl::StatusOr<bool> RedisBlocks::Lift(const BlockKey& key) {
  const absl::StatusOr<RedisReply> reply = Write({"lift", EncodeBlockKey(key), "0", "0", "", ""});
  if (!reply.ok()) return reply.status();
  return reply->items[2].integer == 1;
}

}  // namespace warden
