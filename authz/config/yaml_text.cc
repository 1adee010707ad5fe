#include "authz/config/yaml_text.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "authz/config/yaml_tree.h"

namespace warden {
namespace {

// Length of the UTF-8 sequence at `at`; 0 if there is no well-formed one (Unicode, table 3-7).
size_t SequenceLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t offset) -> uint8_t {
    return at + offset < text.size() ? static_cast<uint8_t>(text[at + offset]) : 0;
  };
  const auto tail = [&](size_t offset) { return byte(offset) >= 0x80 && byte(offset) <= 0xBF; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = lead == 0xE0   ? byte(1) >= 0xA0 && byte(1) <= 0xBF
                        : lead == 0xED ? byte(1) >= 0x80 && byte(1) <= 0x9F
                                       : tail(1);
    return second && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = lead == 0xF0   ? byte(1) >= 0x90 && byte(1) <= 0xBF
                        : lead == 0xF4 ? byte(1) >= 0x80 && byte(1) <= 0x8F
                                       : tail(1);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

bool IsLineEnd(std::string_view text, size_t at) {
  return text[at] == '\n' || (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
}

bool IsControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }

std::string Complaint(char c) {
  if (c == '\t') return "a tab character; indent with spaces, or write \\t in double quotes";
  if (c == '\0') return "a NUL byte; the file is not text";
  return absl::StrFormat("the control character 0x%02x; remove it", static_cast<uint8_t>(c));
}

}  // namespace

bool CheckYamlText(std::string_view text, std::string_view file_name, ProblemList* problems) {
  bool clean = true;
  bool line_reported = false;
  YamlMark mark{1, 1};
  for (size_t at = 0; at < text.size();) {
    const size_t length = SequenceLength(text, at);
    if (length == 0) {
      problems->Add(PlaceText(file_name, mark),
                    absl::StrFormat("the byte 0x%02x is not UTF-8; save the file as UTF-8",
                                    static_cast<uint8_t>(text[at])));
      return false;
    }
    if (text[at] == '\n') {
      ++mark.line;
      mark.column = 0;
      line_reported = false;
    } else if (IsControl(text[at]) && !IsLineEnd(text, at) && !line_reported) {
      problems->Add(PlaceText(file_name, mark), Complaint(text[at]));
      line_reported = true;
      clean = false;
    }
    ++mark.column;
    at += length;
  }
  return clean;
}

}  // namespace warden
