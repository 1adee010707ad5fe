#include "authz/config/plain_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_text.h"

namespace warden {

absl::Status CheckPlainText(std::string_view name, std::string_view text, size_t max_bytes) {
  const absl::string_view subject(name.data(), name.size());
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(subject, " is longer than ", max_bytes, " bytes"));
  }
  const auto control = [](unsigned char c) { return absl::ascii_iscntrl(c); };
  if (std::any_of(text.begin(), text.end(), control)) {
    return absl::InvalidArgumentError(absl::StrCat(subject, " contains a control character"));
  }
  ProblemList problems;
  if (CheckYamlText(text, "", &problems)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(subject, " is not UTF-8"));
}

}  // namespace warden
