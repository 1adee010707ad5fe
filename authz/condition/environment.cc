#include "authz/condition/environment.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden::condition {

size_t Environment::AddVariable(std::string name, Type type) {
  variables_.push_back({std::move(name), std::move(type), std::nullopt});
  return variables_.size() - 1;
}

size_t Environment::AddConstant(std::string name, Type type, Value value) {
  variables_.push_back({std::move(name), std::move(type), value});
  return variables_.size() - 1;
}

void Environment::AddScope(const google::protobuf::Descriptor& message) {
  pool_ = message.file()->pool();
  for (std::string scope = message.full_name();;) {
    if (std::find(scopes_.begin(), scopes_.end(), scope) == scopes_.end()) scopes_.push_back(scope);
    if (scope.empty()) break;
    const size_t dot = scope.rfind('.');
    scope.resize(dot == std::string::npos ? 0 : dot);
  }
  // The outermost stays the last.
  std::stable_partition(scopes_.begin(), scopes_.end(),
                        [](const std::string& scope) { return !scope.empty(); });
}

std::optional<size_t> Environment::FindVariable(std::string_view name) const {
  for (size_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i].name == name) return i;
  }
  return std::nullopt;
}

bool Environment::IsPrefix(std::string_view name) const {
  return std::any_of(variables_.begin(), variables_.end(), [name](const Variable& variable) {
    return variable.name.size() > name.size() && variable.name[name.size()] == '.' &&
           std::string_view(variable.name).starts_with(name);
  });
}

const google::protobuf::EnumDescriptor* Environment::FindEnum(std::string_view name) const {
  if (pool_ == nullptr) return nullptr;
  for (const std::string& scope : scopes_) {
    const std::string full =
        absl::StrCat(scope, scope.empty() ? "" : ".", absl::string_view(name.data(), name.size()));
    if (const auto* found = pool_->FindEnumTypeByName(full); found != nullptr) return found;
  }
  return nullptr;
}

std::vector<std::string> Environment::names() const {
  std::vector<std::string> names;
  for (const Variable& variable : variables_) names.push_back(variable.name);
  return names;
}

}  // namespace warden::condition
