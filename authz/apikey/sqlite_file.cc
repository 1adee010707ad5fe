#include "authz/apikey/sqlite_file.h"

#include <fcntl.h>
#include <google/protobuf/util/message_differencer.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "authz/apikey/check.h"
#include "authz/apikey/sqlite_statement.h"

namespace warden {
namespace {

constexpr int kApplicationId = 0x776b6579;  // "wkey"; `file` and others can tell it by that
constexpr int kSchemaVersion = 1;
constexpr int kBusyMilliseconds = 2000;

constexpr char kSchema[] = R"(
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY NOT NULL,
  subject TEXT NOT NULL,
  description TEXT NOT NULL,
  scopes TEXT NOT NULL,
  not_before INTEGER,
  expires INTEGER,
  disabled INTEGER NOT NULL,
  last_used INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE api_key_secrets (
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  hash TEXT NOT NULL UNIQUE,
  created INTEGER,
  expires INTEGER
) STRICT;
CREATE INDEX api_key_secrets_of_key ON api_key_secrets (key_id);
)";

std::optional<int64_t> Seconds(bool present, const google::protobuf::Timestamp& time) {
  if (!present) return std::nullopt;
  return time.seconds();
}

void SetTime(std::optional<int64_t> seconds, google::protobuf::Timestamp* time) {
  *time = ToTimestamp(absl::FromUnixSeconds(*seconds));
}

class Database final : public ApiKeyDatabase {
 public:
  Database(std::string path, sqlite3* database) : path_(std::move(path)), database_(database) {}
  ~Database() override { sqlite3_close_v2(database_); }

  absl::Status Prepare(Mode mode);
  absl::StatusOr<int64_t> Version() override { return Pragma("PRAGMA data_version"); }
  absl::StatusOr<ApiKeyRecords> Read() override;
  absl::Status Edit(const std::function<absl::Status(v1::ApiKeys*)>& change) override;
  absl::Status WriteLastUses(const ApiKeyTimes& uses) override;

 private:
  absl::Status Error() const {
    return absl::UnavailableError(absl::StrCat(path_, ": ", sqlite3_errmsg(database_)));
  }
  absl::Status Execute(const char* text) {
    return sqlite3_exec(database_, text, nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                                 : Error();
  }
  absl::StatusOr<int64_t> Pragma(const char* text) {
    SqliteStatement pragma(database_, text);
    if (!pragma.Step()) return Error();
    return pragma.IntegerAt(0).value_or(0);
  }
  // Commits if `work` succeeds, and rolls back if not.
  absl::Status Transaction(const char* begin, const std::function<absl::Status()>& work);
  absl::Status ReadKeys(ApiKeyRecords* records);
  absl::Status ReadSecrets(v1::ApiKeys* keys);
  absl::Status Write(const v1::ApiKeys& before, const v1::ApiKeys& after);
  absl::Status WriteKey(const std::string& id, const v1::ApiKey& key);
  absl::Status Delete(const char* text, const std::string& id);

  const std::string path_;
  sqlite3* const database_;
};

absl::Status Database::Prepare(Mode mode) {
  sqlite3_busy_timeout(database_, kBusyMilliseconds);
  if (absl::Status on = Execute("PRAGMA foreign_keys = ON"); !on.ok()) return on;
  absl::Status status = Transaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    const absl::StatusOr<int64_t> application = Pragma("PRAGMA application_id");
    const absl::StatusOr<int64_t> version = Pragma("PRAGMA user_version");
    const absl::StatusOr<int64_t> tables = Pragma("SELECT count(*) FROM sqlite_schema");
    for (const auto* number : {&application, &version, &tables}) {
      if (!number->ok()) return number->status();
    }
    if (mode == Mode::kCreate && *tables == 0) {
      return Execute(absl::StrCat(kSchema, "PRAGMA application_id = ", kApplicationId,
                                  "; PRAGMA user_version = ", kSchemaVersion)
                         .c_str());
    }
    if (*application != kApplicationId) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ": is no database of API keys; make one with `warden apikey`"));
    }
    if (*version != kSchemaVersion) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": has version ", *version,
                                                     ", and this Warden knows ", kSchemaVersion));
    }
    return absl::OkStatus();
  });
  return status;
}

absl::Status Database::Transaction(const char* begin, const std::function<absl::Status()>& work) {
  if (absl::Status begun = Execute(begin); !begun.ok()) return begun;
  absl::Status done = work();
  if (done.ok()) done = Execute("COMMIT");
  if (!done.ok()) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

absl::StatusOr<ApiKeyRecords> Database::Read() {
  ApiKeyRecords records;
  records.places = SourceMap(path_, nullptr);
  const absl::Status read = Transaction("BEGIN", [&] { return ReadKeys(&records); });
  if (!read.ok()) return read;
  return records;
}

absl::Status Database::ReadKeys(ApiKeyRecords* records) {
  const absl::StatusOr<int64_t> count = Pragma("SELECT count(*) FROM api_keys");
  if (!count.ok()) return count.status();
  if (*count > static_cast<int64_t>(kMaxApiKeys)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": has ", *count, " keys, ", kMaxApiKeys, " are allowed"));
  }
  SqliteStatement rows(database_,
                       "SELECT id, subject, description, scopes, not_before, expires, disabled, "
                       "last_used FROM api_keys");
  while (rows.Step()) {
    const std::string id = rows.TextAt(0);
    v1::ApiKey& key = (*records->keys.mutable_keys())[id];
    key.set_subject(rows.TextAt(1));
    key.set_description(rows.TextAt(2));
    for (const absl::string_view scope : absl::StrSplit(rows.TextAt(3), ' ', absl::SkipEmpty())) {
      key.add_scopes(std::string(scope));
    }
    if (const auto time = rows.IntegerAt(4)) SetTime(time, key.mutable_not_before());
    if (const auto time = rows.IntegerAt(5)) SetTime(time, key.mutable_expires());
    // Only a plain 0 is enabled.
    key.set_disabled(rows.IntegerAt(6) != 0);
    if (const auto time = rows.IntegerAt(7)) records->last_used[id] = *time;
  }
  return rows.Fine() ? ReadSecrets(&records->keys) : Error();
}

absl::Status Database::ReadSecrets(v1::ApiKeys* keys) {
  SqliteStatement rows(database_,
                       "SELECT key_id, hash, created, expires FROM api_key_secrets ORDER BY rowid");
  while (rows.Step()) {
    const auto key = keys->mutable_keys()->find(rows.TextAt(0));
    if (key == keys->mutable_keys()->end()) continue;  // nobody's
    v1::ApiKeySecret& secret = *key->second.add_secrets();
    secret.set_hash(rows.TextAt(1));
    if (const auto time = rows.IntegerAt(2)) SetTime(time, secret.mutable_created());
    if (const auto time = rows.IntegerAt(3)) SetTime(time, secret.mutable_expires());
  }
  return rows.Fine() ? absl::OkStatus() : Error();
}

absl::Status Database::Edit(const std::function<absl::Status(v1::ApiKeys*)>& change) {
  return Transaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    ApiKeyRecords records;
    if (absl::Status read = ReadKeys(&records); !read.ok()) return read;
    v1::ApiKeys after = records.keys;
    if (absl::Status changed = change(&after); !changed.ok()) return changed;
    return Write(records.keys, after);
  });
}

absl::Status Database::Write(const v1::ApiKeys& before, const v1::ApiKeys& after) {
  for (const auto& [id, key] : before.keys()) {
    if (after.keys().contains(id)) continue;
    absl::Status gone = Delete("DELETE FROM api_keys WHERE id = ?1", id);
    if (!gone.ok()) return gone;
  }
  for (const auto& [id, key] : after.keys()) {
    const auto old = before.keys().find(id);
    const bool same = old != before.keys().end() &&
                      google::protobuf::util::MessageDifferencer::Equals(old->second, key);
    if (same) continue;
    if (absl::Status written = WriteKey(id, key); !written.ok()) return written;
  }
  return absl::OkStatus();
}

absl::Status Database::Delete(const char* text, const std::string& id) {
  return SqliteStatement(database_, text).Text(1, id).Run() ? absl::OkStatus() : Error();
}

absl::Status Database::WriteKey(const std::string& id, const v1::ApiKey& key) {
  SqliteStatement row(database_,
                      "INSERT INTO api_keys (id, subject, description, scopes, not_before, "
                      "expires, disabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                      "ON CONFLICT (id) DO UPDATE SET subject = ?2, description = ?3, scopes = ?4, "
                      "not_before = ?5, expires = ?6, disabled = ?7");
  row.Text(1, id).Text(2, key.subject()).Text(3, key.description());
  row.Text(4, absl::StrJoin(key.scopes(), " "));
  row.Integer(5, Seconds(key.has_not_before(), key.not_before()));
  row.Integer(6, Seconds(key.has_expires(), key.expires())).Integer(7, key.disabled() ? 1 : 0);
  if (!row.Run()) return Error();
  absl::Status gone = Delete("DELETE FROM api_key_secrets WHERE key_id = ?1", id);
  if (!gone.ok()) return gone;
  SqliteStatement insert(database_,
                         "INSERT INTO api_key_secrets (key_id, hash, created, expires) "
                         "VALUES (?1, ?2, ?3, ?4)");
  for (const v1::ApiKeySecret& secret : key.secrets()) {
    insert.Text(1, id).Text(2, secret.hash());
    insert.Integer(3, Seconds(secret.has_created(), secret.created()));
    insert.Integer(4, Seconds(secret.has_expires(), secret.expires()));
    if (!insert.Run()) return Error();
  }
  return absl::OkStatus();
}

absl::Status Database::WriteLastUses(const ApiKeyTimes& uses) {
  return Transaction("BEGIN IMMEDIATE", [&]() -> absl::Status {
    SqliteStatement update(database_,
                           "UPDATE api_keys SET last_used = max(coalesce(last_used, 0), ?2) "
                           "WHERE id = ?1");
    for (const auto& [id, seconds] : uses) {
      if (!update.Text(1, id).Integer(2, seconds).Run()) return Error();
    }
    return absl::OkStatus();
  });
}

// SQLite would give the file the process's usual mode.
absl::Status Touch(const std::string& path, ApiKeyDatabase::Mode mode) {
  const int flags = mode == ApiKeyDatabase::Mode::kCreate ? O_RDWR | O_CREAT : O_RDWR;
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  close(fd);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ApiKeyDatabase>> ApiKeyDatabase::Open(const std::string& path,
                                                                     Mode mode) {
  if (const absl::Status there = Touch(path, mode); !there.ok()) return there;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  auto database = std::make_unique<Database>(path, handle);
  if (code != SQLITE_OK) {
    return absl::UnavailableError(absl::StrCat(path, ": ", sqlite3_errstr(code)));
  }
  if (const absl::Status prepared = database->Prepare(mode); !prepared.ok()) return prepared;
  return database;
}

}  // namespace warden
