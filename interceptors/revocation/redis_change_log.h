// A list in Redis that many servers share, and the log of its changes.
//
// Under the key prefix (`warden:` by default) stand, all in one slot of a cluster, for a list that
// is called NAME:
//   {NAME}:entries   hash: key of the entry -> the entry, or "lifted"
//   {NAME}:log       sorted set: key of the entry, by the version of its last change
//   {NAME}:expiry    sorted set: key of the entry, by when it may be forgotten
//   {NAME}:meta      hash: epoch (random, made with the list) and version (of the last change)
//   {NAME}:lifted    sorted set: keys that were lifted, by version; of lists that count them
// Every write is one script, so one change. Versions are times in microseconds of the server's
// clock that never go back, which orders the changes of one key even over a loss of data.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REDIS_CHANGE_LOG_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REDIS_CHANGE_LOG_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

// What is particular to one list.
struct ChangeLogKind {
  const char* name;    // in the names of its keys
  const char* list;    // for people: "block list"
  bool counts_lifted;  // whether it has {NAME}:lifted
  // Lua. Sets `value`, the entry, and `ends`, when it may be forgotten (microseconds; 0: never),
  // from the arguments of Put, which stand from ARGV[5] on where `op` is "put", else for a lift.
  // It sees key, old (the entry until now), found (whether that is one), max_entries, now, text(),
  // forget(), and the keys of the list. It may return an answer, or the error FULL.
  const char* change;
};

// Which list it is, and how far it has come. A list that has never been written to has "" and 0.
struct ChangeLogState {
  std::string epoch;
  int64_t version = 0;
};

struct LoggedEntry {
  std::string key;
  std::string value;
  int64_t version = 0;  // of this change

  bool lifted() const { return value == "lifted"; }
};

template <typename Change>
struct ChangePage {
  std::vector<Change> changes;  // in the order of their versions
  int64_t last = 0;             // the version to go on after
  bool more = false;
};

struct WrittenEntry {
  LoggedEntry entry;   // as the list then has it
  bool found = false;  // whether the list had one before
};

// Not thread-safe. Connects when it has to; what fails is Unavailable, a list that cannot be
// understood is DataLoss, and the next call connects anew.
class RedisChangeLog {
 public:
  RedisChangeLog(const ChangeLogKind& kind, RedisOptions options, std::string key_prefix,
                 size_t max_entries);

  absl::StatusOr<ChangeLogState> ReadState();
  // The changes after a version, oldest first; 0 reads the whole list, page by page.
  absl::StatusOr<ChangePage<LoggedEntry>> ReadEntries(int64_t after);
  // As ReadEntries, of what `read` makes of each.
  template <typename Change>
  absl::StatusOr<ChangePage<Change>> ReadChanges(
      int64_t after, absl::StatusOr<Change> (*read)(const LoggedEntry&));

  // ResourceExhausted: the list has max_entries.
  absl::StatusOr<WrittenEntry> Put(const std::string& key,
                                   const std::vector<std::string>& arguments);
  // It is recorded as lifted in any case: a server may still have it although Redis has lost it.
  absl::StatusOr<WrittenEntry> Lift(const std::string& key);

 private:
  absl::StatusOr<RedisReply> Run(const std::vector<std::string>& command);
  absl::StatusOr<WrittenEntry> Write(const char* op, const std::string& key,
                                     const std::vector<std::string>& arguments);
  std::string Name(const char* what) const;
  absl::Status NotOurs() const;

  const ChangeLogKind kind_;
  const RedisOptions options_;
  const std::string prefix_;
  const size_t max_entries_;
  std::unique_ptr<RedisConnection> connection_;
};

// An entry that cannot be understood, of a list of this kind.
absl::Status NotAsWritten(const ChangeLogKind& kind);

// Times in entries: microseconds, where 0 can stand for the infinite future. Rounded up, so that
// what holds until a time does so to its end.
std::string Micros(absl::Time time);
bool ReadMicros(absl::string_view text, bool zero_is_infinite, absl::Time* time);

// Applies every change of a log, in order, since `*seen`, which it advances. `other_list` is called
// before, where the list is not the one that was seen, or an older one: it is then read from its
// beginning. `Log` has ReadState and ReadChanges. An error of either or of `apply` ends it; what is
// left is for the next time.
template <typename Log, typename Apply>
absl::Status CatchUp(Log& log, ChangeLogState* seen, const std::function<void()>& other_list,
                     const Apply& apply) {
  const absl::StatusOr<ChangeLogState> state = log.ReadState();
  if (!state.ok()) return state.status();
  if (state->epoch != seen->epoch || state->version < seen->version) {
    if (!seen->epoch.empty()) other_list();
    *seen = {state->epoch, 0};
  }
  while (seen->version < state->version) {
    const auto page = log.ReadChanges(seen->version);
    if (!page.ok()) return page.status();
    if (absl::Status status = apply(page->changes); !status.ok()) return status;
    // The last page reaches at least as far as the state that was read before it.
    seen->version = page->more ? page->last : std::max(page->last, state->version);
  }
  return absl::OkStatus();
}

template <typename Change>
absl::StatusOr<ChangePage<Change>> RedisChangeLog::ReadChanges(
    int64_t after, absl::StatusOr<Change> (*read)(const LoggedEntry&)) {
  const absl::StatusOr<ChangePage<LoggedEntry>> entries = ReadEntries(after);
  if (!entries.ok()) return entries.status();
  ChangePage<Change> page = {.last = entries->last, .more = entries->more};
  for (const LoggedEntry& entry : entries->changes) {
    absl::StatusOr<Change> change = read(entry);
    if (!change.ok()) return change.status();
    page.changes.push_back(*std::move(change));
  }
  return page;
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REDIS_CHANGE_LOG_H_
