#include "tools/warden/message_validate.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "tools/warden/rule_place.h"

namespace warden::cli {
namespace {

// As deep as the other two formats, whose parsers have this limit by default.
constexpr int kDepth = 100;

class TextErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    lines_.push_back(absl::StrCat(line + 1, ":", column + 1, ": ", message));
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

absl::Status ParseText(const std::string& input, google::protobuf::Message* message) {
  TextErrors errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(kDepth);
  if (parser.ParseFromString(input, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the input is not a message in text format: ",
                                                 absl::StrJoin(errors.lines(), "; ")));
}

}  // namespace

absl::Status ParseMessage(const std::string& format, const std::string& input,
                          google::protobuf::Message* message) {
  if (format == "textproto") return ParseText(input, message);
  if (format == "json") {
    const auto status = google::protobuf::util::JsonStringToMessage(input, message);
    if (status.ok()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("the input is not the message as JSON: ", status.message().ToString()));
  }
  if (!message->ParseFromString(input)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the input is not a serialized ", message->GetDescriptor()->full_name()));
  }
  return absl::OkStatus();
}

std::string ViolationsAsJson(const google::protobuf::Descriptor& type,
                             const std::vector<Violation>& violations) {
  std::vector<std::string> lines;
  for (const Violation& violation : violations) {
    nlohmann::ordered_json line = {
        {"field", violation.field}, {"rule", violation.rule}, {"message", violation.message}};
    const std::string source = PlaceOfViolation(type, violation.field, violation.rule);
    if (!source.empty()) line["source"] = source;
    if (violation.observed) line["observed"] = true;
    lines.push_back(line.dump());
  }
  return absl::StrCat("[", absl::StrJoin(lines, ",\n "), "]\n");
}

}  // namespace warden::cli
