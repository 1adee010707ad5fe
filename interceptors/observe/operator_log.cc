#include "interceptors/observe/operator_log.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "interceptors/observe/sanitize.h"

namespace warden {
namespace {

constexpr size_t kMaxMessageBytes = 2048;

// `text` between quotes. Sanitize leaves nothing else that JSON (RFC 8259 section 7) wants escaped.
void AppendQuoted(std::string_view text, std::string* line) {
  line->push_back('"');
  for (const char c : Sanitize(text, kMaxMessageBytes)) {
    if (c == '"' || c == '\\') line->push_back('\\');
    line->push_back(c);
  }
  line->push_back('"');
}

}  // namespace

void LogForOperator(std::string_view part, std::string_view message) {
  std::string line = absl::StrCat(
      "{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone()),
      "\",\"part\":");
  AppendQuoted(part, &line);
  line += ",\"message\":";
  AppendQuoted(message, &line);
  line += "}\n";
  // In one piece; what a full pipe refuses is lost.
  const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  (void)written;
}

}  // namespace warden
