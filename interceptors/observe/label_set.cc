#include "interceptors/observe/label_set.h"

#include <utility>

#include "absl/strings/string_view.h"

namespace warden {

LabelSet::LabelSet(std::vector<std::string> names, std::string_view rest)
    : names_(std::move(names)) {
  for (size_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], i);
  const auto at = index_.find(absl::string_view(rest.data(), rest.size()));
  if (at != index_.end()) {
    rest_ = at->second;
  } else {
    rest_ = names_.size();
    names_.emplace_back(rest);
    index_.emplace(names_.back(), rest_);
  }
}

size_t LabelSet::IndexOf(std::string_view name) const {
  const auto at = index_.find(absl::string_view(name.data(), name.size()));
  return at == index_.end() ? rest_ : at->second;
}

}  // namespace warden
