#include "interceptors/audit/record_text.h"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "interceptors/audit/hash_chain.h"
#include "interceptors/observe/sanitize.h"

namespace warden {
namespace {

constexpr uint32_t kSchema = 1;
constexpr size_t kMaxTornBytes = 512;
// What the chain adds to a record's members, at most.
constexpr size_t kChainBytes = 256;

void AppendText(std::string_view name, std::string_view value, size_t max_bytes,
                std::string* members) {
  if (value.empty()) return;
  members->append(",\"").append(name).append("\":\"");
  // Sanitize leaves nothing else that JSON (RFC 8259 section 7) wants escaped.
  for (const char c : Sanitize(value, max_bytes)) {
    if (c == '"' || c == '\\') members->push_back('\\');
    members->push_back(c);
  }
  members->push_back('"');
}

void AppendNumber(std::string_view name, uint64_t value, std::string* members) {
  if (value == 0) return;
  members->append(",\"").append(name).append("\":");
  absl::StrAppend(members, value);
}

std::string Begin(absl::Time time, std::string_view event) {
  std::string members;
  members.reserve(768);
  members.append("\"time\":\"")
      .append(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()))
      .append("\",\"event\":\"")
      .append(event)
      .append("\"");
  return members;
}

void AppendFields(const AuditEntry& entry, bool all, std::string* members) {
  for (size_t i = 0; i < kAuditFields; ++i) {
    const auto field = static_cast<AuditField>(i);
    if (!all && (field == AuditField::kDetail || field == AuditField::kForwardedBy)) continue;
    AppendText(kAuditFieldInfos[i].name, entry.Get(field), kAuditFieldInfos[i].max_bytes, members);
  }
}

std::string MembersOf(const AuditEntry& entry, bool all, uint64_t dropped) {
  std::string members = Begin(entry.time, ToString(entry.event));
  absl::StrAppend(&members, ",\"decision\":\"", entry.allowed ? "allowed" : "denied", "\"");
  AppendText("reason", entry.reason, 64, &members);
  AppendText("stage", entry.stage, 64, &members);
  AppendFields(entry, all, &members);
  if (entry.duration_ns >= 0) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld.%03d",
                  static_cast<long long>(entry.duration_ns / 1000),
                  static_cast<int>(entry.duration_ns % 1000));
    absl::StrAppend(&members, ",\"duration_us\":", text.data());
  }
  AppendNumber("sampled_one_in", entry.sampled_one_in, &members);
  AppendNumber("dropped", dropped, &members);
  return members;
}

}  // namespace

std::string RecordMembers(const AuditEntry& entry, uint64_t dropped) {
  std::string members = MembersOf(entry, /*all=*/true, dropped);
  // Only texts made of little else than quotes and backslashes come to this.
  if (members.size() + kChainBytes > kMaxAuditLineBytes) members = MembersOf(entry, false, dropped);
  return members;
}

std::string RecordMembers(const LogEvent& event, absl::Time now, uint64_t dropped) {
  std::string members = Begin(now, event.event);
  AppendNumber("dropped", dropped, &members);
  AppendText("cause", event.cause, 64, &members);
  AppendText("chain", event.chain, 64, &members);
  if (event.event == "opened") {
    AppendNumber("schema", kSchema, &members);
    AppendNumber("pid", static_cast<uint64_t>(getpid()), &members);
  }
  AppendText("previous_file", event.previous_file, 256, &members);
  if (event.unclean) members += ",\"unclean\":true";
  AppendNumber("torn_bytes", event.torn_bytes, &members);
  AppendText("torn", event.torn, kMaxTornBytes, &members);
  return members;
}

}  // namespace warden
