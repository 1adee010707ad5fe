#include "interceptors/audit/log_tail.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

// Room for the last line and a torn one after it.
constexpr uint64_t kTailBytes = 4 * kMaxAuditLineBytes;
constexpr size_t kKeptTornBytes = 1024;

absl::StatusOr<std::string> ReadAt(int fd, const std::string& name, uint64_t at, uint64_t length) {
  std::string bytes(length, '\0');
  size_t read = 0;
  while (read < length) {
    const ssize_t got =
        ::pread(fd, bytes.data() + read, length - read, static_cast<off_t>(at + read));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::UnavailableError(absl::StrCat(name, ": ", std::strerror(errno)));
    if (got == 0) break;
    read += static_cast<size_t>(got);
  }
  bytes.resize(read);
  return bytes;
}

absl::Status NotOurs(const std::string& name, const char* why) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": ", why,
                   ": the chain cannot be continued. Look at it with `warden audit verify`, and "
                   "move the file away to begin a new one"));
}

}  // namespace

absl::StatusOr<LogTail> ReadLogTail(int fd, const std::string& name, const HashChain& chain) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return absl::UnavailableError(absl::StrCat(name, ": ", std::strerror(errno)));
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  const uint64_t from = size - std::min(size, kTailBytes);
  const absl::StatusOr<std::string> bytes = ReadAt(fd, name, from, size - from);
  if (!bytes.ok()) return bytes.status();
  LogTail tail;
  const size_t newline = bytes->rfind('\n');
  const size_t whole = newline == std::string::npos ? 0 : newline + 1;
  tail.good_bytes = from + whole;
  tail.torn_bytes = size - tail.good_bytes;
  tail.torn = bytes->substr(whole, kKeptTornBytes);
  if (tail.torn_bytes >= kMaxAuditLineBytes) {
    return NotOurs(name, "it ends in a line that is no record");
  }
  if (tail.good_bytes == 0) return tail;
  const size_t before = newline == 0 ? std::string::npos : bytes->rfind('\n', newline - 1);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::string_view line = std::string_view(*bytes).substr(begin, newline - begin);
  const std::optional<ChainedLine> parts = SplitChainedLine(line);
  if (!parts.has_value()) return NotOurs(name, "its last line is no record of an audit log");
  if (chain.HashOf(parts->hashed) != parts->hash) {
    return NotOurs(name, "its last record was altered, or made under another chain key");
  }
  tail.last = ChainHead{.seq = parts->seq, .hash = std::string(parts->hash)};
  tail.closed = parts->hashed.find(",\"event\":\"closed\"") != std::string_view::npos;
  return tail;
}

}  // namespace warden
