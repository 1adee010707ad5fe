#include "interceptors/abuse/redis_blocks.h"

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace warden {
namespace {

// An entry is "1", until, made_at, by and reason, each in a line of its own.
constexpr ChangeLogKind kBlocks = {
    .name = "blocks", .list = "block list", .counts_lifted = false, .change = R"lua(
if op == 'put' then
  ends = tonumber(ARGV[5])
  if found then
    local before = string.match(old, '^1\n(%d+)\n')
    if not before then return redis.error_reply('BADENTRY') end
    before = tonumber(before)
    if before == 0 or (ends ~= 0 and before >= ends) then return {'0', old, 1} end
  elseif redis.call('HLEN', entries) >= max_entries then
    return redis.error_reply('FULL')
  end
  local made, by, reason = unpack(ARGV, 6)
  value = '1\n' .. text(ends) .. '\n' .. made .. '\n' .. by .. '\n' .. reason
else
  ends = now + 86400 * 1000000
end
)lua"};

absl::StatusOr<BlockChange> ReadEntry(const LoggedEntry& entry) {
  BlockChange change = {.lifted = entry.lifted()};
  absl::StatusOr<BlockKey> key = DecodeBlockKey(entry.key);
  if (!key.ok()) return NotAsWritten(kBlocks);
  change.block.key = *std::move(key);
  if (change.lifted) return change;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(entry.value, absl::MaxSplits('\n', 4));
  if (parts.size() != 5 || parts[0] != "1" || parts[3].size() > kMaxBlockReasonBytes ||
      parts[4].size() > kMaxBlockReasonBytes || !ReadMicros(parts[1], true, &change.block.until) ||
      !ReadMicros(parts[2], false, &change.block.made_at)) {
    return NotAsWritten(kBlocks);
  }
  change.block.by = std::string(parts[3]);
  change.block.reason = std::string(parts[4]);
  return change;
}

}  // namespace

RedisBlocks::RedisBlocks(RedisOptions options, std::string key_prefix, size_t max_entries)
    : log_(kBlocks, std::move(options), std::move(key_prefix), max_entries) {}

absl::StatusOr<ChangePage<BlockChange>> RedisBlocks::ReadChanges(int64_t after) {
  return log_.ReadChanges(after, ReadEntry);
}

absl::StatusOr<Block> RedisBlocks::Add(const Block& block) {
  const absl::StatusOr<WrittenEntry> written =
      log_.Put(EncodeBlockKey(block.key),
               {Micros(block.until), Micros(block.made_at), block.by, block.reason});
  if (!written.ok()) return written.status();
  absl::StatusOr<BlockChange> change = ReadEntry(written->entry);
  if (!change.ok() || change->lifted) return NotAsWritten(kBlocks);
  return std::move(change->block);
}

absl::StatusOr<bool> RedisBlocks::Lift(const BlockKey& key) {
  const absl::StatusOr<WrittenEntry> written = log_.Lift(EncodeBlockKey(key));
  if (!written.ok()) return written.status();
  return written->found;
}

}  // namespace warden
