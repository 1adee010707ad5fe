// YAML files of which the one field is a list of entries.
#ifndef WARDEN_AUTHZ_CONFIG_YAML_LIST_H_
#define WARDEN_AUTHZ_CONFIG_YAML_LIST_H_

#include <google/protobuf/repeated_field.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/config/yaml_loader.h"

namespace warden {

// A YAML string in double quotes. REQUIRES: no control characters in it.
std::string QuotedYaml(std::string_view text);

struct YamlListBounds {
  size_t max_bytes = 0;
  size_t max_entries = 0;
  std::string setting;  // where max_entries is set, for the message: "revocation.max_entries"
};

// The entries of `yaml`, a text of the message `List` whose field `field` is `items`, each as
// `read` makes it of an item: absl::StatusOr<Entry>. The error lists every problem with its line,
// among them what `read` says, and a list of more than max_entries.
template <typename Entry, typename List, typename Item, typename Read>
absl::StatusOr<std::vector<Entry>> ReadYamlList(
    std::string_view yaml, std::string_view file_name, std::string_view field,
    const google::protobuf::RepeatedPtrField<Item>& (List::*items)() const,
    const YamlListBounds& bounds, const Read& read) {
  List list;
  SourceMap places;
  const YamlBounds of_file = {.max_bytes = bounds.max_bytes, .max_values = 1'000'000};
  if (absl::Status status = LoadYaml(yaml, file_name, &list, &places, of_file); !status.ok()) {
    return status;
  }
  ProblemList problems;
  const auto size = static_cast<size_t>((list.*items)().size());
  if (size > bounds.max_entries) {
    problems.AddAt(
        places, field,
        absl::StrCat("has ", size, " entries; ", bounds.setting, " is ", bounds.max_entries));
  }
  std::vector<Entry> entries;
  for (size_t i = 0; i < std::min(size, bounds.max_entries); ++i) {
    absl::StatusOr<Entry> entry = read((list.*items)()[static_cast<int>(i)]);
    if (entry.ok()) {
      entries.push_back(*std::move(entry));
    } else {
      problems.AddAt(places, ItemPath(field, i), std::string(entry.status().message()));
    }
  }
  if (!problems.empty()) return problems.ToStatus();
  return entries;
}

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_YAML_LIST_H_
