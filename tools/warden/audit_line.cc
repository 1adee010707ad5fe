#include "tools/warden/audit_line.h"

#include "absl/strings/str_cat.h"
#include "interceptors/observe/sanitize.h"

namespace warden::cli {
namespace {

constexpr size_t kMostBytes = 512;

// What the file holds may be anybody's, so it is made harmless again.
std::string Shown(const nlohmann::json& record, const char* field) {
  const auto found = record.find(field);
  if (found == record.end()) return "";
  const std::string text =
      found->is_string()
          ? found->get<std::string>()
          : found->dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
  // A record's own backslashes stand for what was made harmless when it was written.
  std::string shown = Sanitize(text, kMostBytes);
  for (size_t at = 0; (at = shown.find("\\\\", at)) != std::string::npos; ++at) shown.erase(at, 1);
  return shown;
}

void Add(const nlohmann::json& record, const char* before, const char* field, std::string* line) {
  const std::string text = Shown(record, field);
  if (!text.empty()) absl::StrAppend(line, " ", before, text);
}

std::string LineOfCall(const nlohmann::json& record) {
  std::string line = Shown(record, "time");
  if (Shown(record, "event") != "decision") Add(record, "", "event", &line);
  Add(record, "", "decision", &line);
  Add(record, "", "reason", &line);
  Add(record, "", "method", &line);
  Add(record, "by ", "principal", &line);
  Add(record, "with key ", "api_key", &line);
  Add(record, "via ", "peer", &line);
  Add(record, "through ", "forwarded_by", &line);
  Add(record, "from ", "address", &line);
  Add(record, "at ", "stage", &line);
  const std::string why = Shown(record, record.contains("detail") ? "detail" : "decided_by");
  if (!why.empty()) absl::StrAppend(&line, ": ", why);
  return line;
}

}  // namespace

std::string LineOf(const nlohmann::json& record) {
  if (!record.is_object()) return "(no record)";
  std::string line;
  if (record.contains("decision")) {
    line = LineOfCall(record);
  } else {
    line = absl::StrCat(Shown(record, "time"), " -- log ", Shown(record, "event"));
    Add(record, "", "cause", &line);
    Add(record, "after ", "previous_file", &line);
    if (record.contains("unclean")) line += " (the server before did not stop in order)";
    Add(record, "half-written bytes: ", "torn_bytes", &line);
  }
  if (record.contains("dropped")) {
    absl::StrAppend(&line, " (", Shown(record, "dropped"), " records before it were lost)");
  }
  const std::string request = Shown(record, "request_id");
  const std::string trace = Shown(record, "trace_id");
  if (!request.empty()) absl::StrAppend(&line, " [request ", request);
  if (!trace.empty()) absl::StrAppend(&line, request.empty() ? " [" : ", ", "trace ", trace);
  if (!request.empty() || !trace.empty()) line += "]";
  return line;
}

}  // namespace warden::cli
