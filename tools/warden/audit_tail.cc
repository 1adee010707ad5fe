#include "tools/warden/audit_tail.h"

#include <sys/stat.h>

#include <deque>
#include <iostream>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/audit/line_reader.h"
#include "tools/warden/audit_line.h"

namespace warden::cli {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(200);

// As it is to be printed; "" for a record that does not match.
std::string Formatted(std::string_view line, const TailOptions& options,
                      const AuditFilter& filter) {
  const nlohmann::json record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object() || !filter.Matches(record)) return "";
  if (!options.json) return LineOf(record);
  // In the record's own order, and in ASCII: the file may hold what harms a terminal.
  return nlohmann::ordered_json::parse(line).dump(-1, ' ', /*ensure_ascii=*/true,
                                                  nlohmann::json::error_handler_t::replace);
}

// Whether `path` is another file now than the one that is read.
bool WasReplaced(const LineReader& reader, const std::string& path) {
  struct stat read {};
  struct stat now {};
  if (::fstat(::fileno(reader.file()), &read) != 0 || ::stat(path.c_str(), &now) != 0) return false;
  return read.st_ino != now.st_ino || read.st_dev != now.st_dev;
}

// Reads what is there. Of a line that is not whole yet, what was read so far is kept in `*rest`.
template <typename Take>
absl::Status ReadOn(LineReader& reader, const std::string& path, std::string* rest,
                    const Take& take) {
  std::string_view line;
  for (;;) {
    switch (reader.Next(&line)) {
      case LineReader::Result::kLine:
        take(absl::StrCat(*rest, std::string(line)));
        rest->clear();
        break;
      case LineReader::Result::kPartial:
        rest->append(line);
        break;
      case LineReader::Result::kEnd:
        return absl::OkStatus();
      case LineReader::Result::kTooLong:
        return absl::InvalidArgumentError(absl::StrCat(path, ": is no audit log"));
      case LineReader::Result::kError:
        return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
    }
    if (rest->size() > LineReader::kMaxBytes) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": is no audit log"));
    }
  }
}

absl::Status Follow(std::unique_ptr<LineReader> reader, std::string rest,
                    const TailOptions& options, const AuditFilter& filter) {
  const auto print = [&](const std::string& line) {
    const std::string shown = Formatted(line, options, filter);
    if (!shown.empty()) std::cout << shown << '\n';
  };
  while (std::cout.flush()) {
    absl::SleepFor(kLook);
    const bool replaced = WasReplaced(*reader, options.file);
    absl::Status status = ReadOn(*reader, options.file, &rest, print);
    if (!status.ok()) return status;
    if (!replaced) continue;
    auto next = std::make_unique<LineReader>(options.file);
    if (!next->ok()) continue;  // between a rotation's two steps
    reader = std::move(next);
    rest.clear();
  }
  return absl::OkStatus();  // nobody reads us any more
}

}  // namespace

absl::Status TailAudit(const TailOptions& options, const AuditFilter& filter) {
  auto reader = std::make_unique<LineReader>(options.file);
  if (!reader->ok()) return absl::NotFoundError(absl::StrCat(options.file, ": cannot be read"));
  std::deque<std::string> last;
  std::string rest;
  const auto keep = [&](const std::string& line) {
    std::string shown = Formatted(line, options, filter);
    if (shown.empty()) return;
    if (options.lines == 0) {
      std::cout << shown << '\n';
      return;
    }
    last.push_back(std::move(shown));
    if (last.size() > options.lines) last.pop_front();
  };
  const absl::Status status = ReadOn(*reader, options.file, &rest, keep);
  if (!status.ok()) return status;
  for (const std::string& line : last) std::cout << line << '\n';
  if (options.follow) return Follow(std::move(reader), std::move(rest), options, filter);
  std::cout.flush();
  return absl::OkStatus();
}

}  // namespace warden::cli
