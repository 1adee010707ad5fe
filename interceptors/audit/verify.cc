#include "interceptors/audit/verify.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/audit/line_reader.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

const std::string kNoHash(kAuditHashDigits, '0');

std::string Text(const nlohmann::json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint64_t Number(const nlohmann::json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

std::string Records(uint64_t count) {
  return absl::StrCat(count, count == 1 ? " record" : " records");
}

// Goes along the chain, line by line.
class Walk {
 public:
  Walk(const HashChain& chain, const ChainAnchor& anchor, AuditVerdict* verdict)
      : chain_(chain), anchor_(anchor), verdict_(verdict), anchored_(anchor.hash.empty()) {}

  // False where the chain is broken, or the file cannot be read: then `*status` says so.
  bool File(const std::string& name, absl::Status* status);
  void End();

 private:
  std::string Judge(std::string_view line);
  std::string JudgePlace(const ChainedLine& parts) const;
  std::string JudgeOpening(const nlohmann::json& record, const ChainedLine& parts);
  void Count(const nlohmann::json& record, const ChainedLine& parts);

  const HashChain& chain_;
  const ChainAnchor& anchor_;
  AuditVerdict* const verdict_;
  bool anchored_;
  bool first_in_file_ = true;
  std::string file_, before_;
};

bool Walk::File(const std::string& name, absl::Status* status) {
  LineReader reader(name);
  if (!reader.ok()) {
    *status = absl::NotFoundError(absl::StrCat(name, ": cannot be read"));
    return false;
  }
  before_ = std::exchange(file_, name);
  first_in_file_ = true;
  std::string_view line;
  for (uint64_t number = 1;; ++number) {
    std::string wrong;
    switch (reader.Next(&line)) {
      case LineReader::Result::kEnd:
        verdict_->files.push_back(name);
        return true;
      case LineReader::Result::kError:
        *status = absl::UnavailableError(absl::StrCat(name, ": cannot be read"));
        return false;
      case LineReader::Result::kTooLong:
        wrong = "is longer than any record";
        break;
      case LineReader::Result::kPartial:
        wrong =
            "is half-written: the server ended while it wrote, or the file was cut. A server that "
            "starts again repairs it";
        break;
      case LineReader::Result::kLine:
        wrong = Judge(line);
        break;
    }
    if (wrong.empty()) continue;
    verdict_->broken = absl::StrCat(name, ":", number, ": ", wrong);
    return false;
  }
}

std::string Walk::Judge(std::string_view line) {
  const std::optional<ChainedLine> parts = SplitChainedLine(line);
  if (!parts.has_value()) return "is no record of an audit log";
  const nlohmann::json record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return "is no JSON object";
  if (first_in_file_) {
    std::string wrong = JudgeOpening(record, *parts);
    if (!wrong.empty()) return wrong;
  }
  if (chain_.HashOf(parts->hashed) != parts->hash) {
    return absl::StrCat("was altered: the hash of record ", parts->seq,
                        " is not that of its content",
                        chain_.keyed() ? ", or another key made it" : "");
  }
  if (verdict_->records > 0) {
    std::string wrong = JudgePlace(*parts);
    if (!wrong.empty()) return wrong;
  } else if (parts->seq == 1 && parts->prev != kNoHash) {
    return "names a record before it, but is the first";
  }
  Count(record, *parts);
  first_in_file_ = false;
  return "";
}

std::string Walk::JudgeOpening(const nlohmann::json& record, const ChainedLine& parts) {
  const std::string chain = Text(record, "chain");
  if (Text(record, "event") != "opened") {
    return absl::StrCat("does not open the file: lines before record ", parts.seq, " were cut out");
  }
  if (chain != std::string(chain_.name())) {
    return chain_.keyed() ? "begins a chain without a key, though one was given: it may have been "
                            "written anew by somebody who does not have the key"
                          : "begins a chain under a key: give it with --key-file";
  }
  return "";
}

std::string Walk::JudgePlace(const ChainedLine& parts) const {
  const ChainHead& last = verdict_->last;
  const std::string behind =
      first_in_file_ ? absl::StrCat(" (the last of ", before_, ")") : std::string();
  if (parts.seq > last.seq + 1) {
    return absl::StrCat("record ", parts.seq, " follows ", last.seq, behind, ": ",
                        Records(parts.seq - last.seq - 1), " between them missing");
  }
  if (parts.seq <= last.seq) {
    return absl::StrCat("record ", parts.seq, " follows ", last.seq, behind,
                        ": out of order, repeated, or of another chain");
  }
  if (parts.prev != last.hash) {
    return absl::StrCat("record ", parts.seq, " does not continue the one before it", behind,
                        ", which was replaced");
  }
  return "";
}

void Walk::Count(const nlohmann::json& record, const ChainedLine& parts) {
  if (verdict_->records++ == 0) verdict_->first_seq = parts.seq;
  verdict_->last = {.seq = parts.seq, .hash = std::string(parts.hash)};
  verdict_->last_time = Text(record, "time");
  verdict_->dropped += Number(record, "dropped");
  const std::string event = Text(record, "event");
  if (event == "repaired") ++verdict_->repaired;
  if (event == "opened" && record.contains("unclean")) ++verdict_->unclean;
  if (!anchored_ && parts.hash == anchor_.hash) anchored_ = true;
}

void Walk::End() {
  if (verdict_->records == 0) {
    verdict_->broken = "there is no record in these files";
  } else if (verdict_->last.seq < anchor_.seq) {
    verdict_->broken =
        absl::StrCat(file_, ": ends at record ", verdict_->last.seq, ", but ", anchor_.seq,
                     " was written: ", Records(anchor_.seq - verdict_->last.seq), " cut off");
  } else if (!anchored_) {
    verdict_->broken = absl::StrCat(file_, ": ends at record ", verdict_->last.seq,
                                    ", and none has the expected hash: records were cut off, or "
                                    "written anew");
  }
}

// The sequence number that a file begins with; nothing for one that is empty or begins with
// something else.
std::optional<uint64_t> FirstSeq(const std::string& name) {
  LineReader reader(name);
  std::string_view line;
  if (!reader.ok() || reader.Next(&line) != LineReader::Result::kLine) return std::nullopt;
  const std::optional<ChainedLine> parts = SplitChainedLine(line);
  return parts.has_value() ? std::optional<uint64_t>(parts->seq) : std::nullopt;
}

}  // namespace

absl::StatusOr<AuditVerdict> VerifyAudit(const std::vector<std::string>& files,
                                         const HashChain& chain, const ChainAnchor& anchor) {
  // Files that begin with no record come first: what is wrong with them is to be said.
  std::vector<std::pair<uint64_t, std::string>> ordered;
  for (const std::string& file : files) ordered.emplace_back(FirstSeq(file).value_or(0), file);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  AuditVerdict verdict;
  verdict.keyed = chain.keyed();
  Walk walk(chain, anchor, &verdict);
  absl::Status status;
  for (const auto& [seq, file] : ordered) {
    if (walk.File(file, &status)) continue;
    if (!status.ok()) return status;
    return verdict;
  }
  walk.End();
  return verdict;
}

}  // namespace warden
