#include "interceptors/revocation/redis_revocations.h"

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace warden {
namespace {

// An entry is "1", issued_before, expires_at, revoked_at and reason, with spaces in between.
constexpr ChangeLogKind kRevocations = {
    .name = "revocations", .list = "list of revocations", .counts_lifted = true, .change = R"lua(
if op == 'put' then
  local before = tonumber(ARGV[5])
  ends = tonumber(ARGV[6])
  if found then
    local b, e = string.match(old, '^1 (%d+) (%d+) ')
    if not b then return redis.error_reply('BADENTRY') end
    b, e = tonumber(b), tonumber(e)
    if before == 0 or b == 0 then before = 0 else before = math.max(before, b) end
    if ends == 0 or e == 0 then ends = 0 else ends = math.max(ends, e) end
  elseif redis.call('HLEN', entries) - redis.call('ZCARD', lifted) >= max_entries then
    return redis.error_reply('FULL')
  end
  local revoked, reason = unpack(ARGV, 7)
  value = '1 ' .. text(before) .. ' ' .. text(ends) .. ' ' .. revoked .. ' ' .. reason
else
  local most = redis.call('ZCARD', lifted) - 10000
  if most >= 0 then forget(redis.call('ZRANGE', lifted, 0, most)) end
  ends = now + 7 * 86400 * 1000000
end
)lua"};

absl::StatusOr<RevocationChange> ReadEntry(const LoggedEntry& entry) {
  RevocationChange change = {.lifted = entry.lifted(), .stamp = entry.version};
  absl::StatusOr<RevocationKey> key = DecodeKey(entry.key);
  if (!key.ok()) return NotAsWritten(kRevocations);
  Revocation& revocation = change.revocation;
  revocation.key = *std::move(key);
  if (change.lifted) return change;
  const std::vector<absl::string_view> parts = absl::StrSplit(entry.value, absl::MaxSplits(' ', 4));
  if (parts.size() != 5 || parts[0] != "1" ||
      !ReadMicros(parts[1], true, &revocation.issued_before) ||
      !ReadMicros(parts[2], true, &revocation.expires_at) ||
      !ReadMicros(parts[3], false, &revocation.revoked_at)) {
    return NotAsWritten(kRevocations);
  }
  revocation.reason = std::string(parts[4]);
  absl::StatusOr<Revocation> normal =
      NormalRevocation(std::move(revocation), change.revocation.revoked_at);
  if (!normal.ok()) return NotAsWritten(kRevocations);
  change.revocation = *std::move(normal);
  return change;
}

}  // namespace

RedisRevocations::RedisRevocations(RedisOptions options, std::string key_prefix, size_t max_entries)
    : log_(kRevocations, std::move(options), std::move(key_prefix), max_entries) {}

absl::StatusOr<ChangePage<RevocationChange>> RedisRevocations::ReadChanges(int64_t after) {
  return log_.ReadChanges(after, ReadEntry);
}

absl::StatusOr<RevocationChange> RedisRevocations::Revoke(const Revocation& revocation) {
  const absl::StatusOr<WrittenEntry> written = log_.Put(
      EncodeKey(revocation.key), {Micros(revocation.issued_before), Micros(revocation.expires_at),
                                  Micros(revocation.revoked_at), revocation.reason});
  if (!written.ok()) return written.status();
  return ReadEntry(written->entry);
}

absl::StatusOr<RevocationChange> RedisRevocations::Lift(const RevocationKey& key, bool* found) {
  const absl::StatusOr<WrittenEntry> written = log_.Lift(EncodeKey(key));
  if (!written.ok()) return written.status();
  *found = written->found;
  return ReadEntry(written->entry);
}

}  // namespace warden
