// A prepared statement of SQLite. Internal to authz/apikey.
#ifndef WARDEN_AUTHZ_APIKEY_SQLITE_STATEMENT_H_
#define WARDEN_AUTHZ_APIKEY_SQLITE_STATEMENT_H_

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace warden {

// Values are bound, never put into the text. After a failure nothing more is done, and error() says
// what it was.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3* database, const char* text)
      : code_(sqlite3_prepare_v2(database, text, -1, &statement_, nullptr)) {}
  ~SqliteStatement() { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  SqliteStatement& Text(int at, std::string_view text) {
    if (Fine()) {
      code_ = sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()),
                                SQLITE_TRANSIENT);
    }
    return *this;
  }
  SqliteStatement& Integer(int at, std::optional<int64_t> number) {
    if (Fine()) {
      code_ = number.has_value() ? sqlite3_bind_int64(statement_, at, *number)
                                 : sqlite3_bind_null(statement_, at);
    }
    return *this;
  }

  // Whether there is a row; its columns are read below.
  bool Step() {
    if (Fine()) code_ = sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
  }
  // Runs a statement that gives no rows, and makes it ready for other values.
  bool Run() {
    Step();
    const bool good = code_ == SQLITE_DONE;
    if (good) code_ = sqlite3_reset(statement_);
    return good;
  }

  std::string TextAt(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(size));
  }
  std::optional<int64_t> IntegerAt(int column) const {
    if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
    return sqlite3_column_int64(statement_, column);
  }

  bool Fine() const { return code_ == SQLITE_OK || code_ == SQLITE_ROW || code_ == SQLITE_DONE; }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_SQLITE_STATEMENT_H_
