#include "tools/warden/descriptors.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstddef>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"

namespace warden::cli {
namespace {

constexpr size_t kMostBytes = 64 << 20;

}  // namespace

void DescriptorSet::ErrorList::AddError(const std::string& file, const std::string& element,
                                        const google::protobuf::Message*, ErrorLocation,
                                        const std::string& message) {
  std::string line =
      absl::StrCat(file, ": ", element.empty() || element == file ? "" : element + ": ", message);
  if (std::find(lines_.begin(), lines_.end(), line) == lines_.end())
    lines_.push_back(std::move(line));
}

absl::StatusOr<std::unique_ptr<DescriptorSet>> DescriptorSet::Load(const std::string& path) {
  std::string bytes;
  if (const absl::Status status = ReadBoundedFile(path, kMostBytes, &bytes); !status.ok())
    return status;
  google::protobuf::FileDescriptorSet files;
  if (!files.ParseFromString(bytes) || files.file().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path,
                                                   ": not a descriptor set; make one with protoc "
                                                   "--include_imports --descriptor_set_out=FILE"));
  }
  std::unique_ptr<DescriptorSet> set(new DescriptorSet);
  std::set<std::string> names;
  for (const auto& file : files.file()) {
    // A second file of the same name is the same file, as when sets were concatenated.
    if (!names.insert(file.name()).second) continue;
    if (!set->database_.Add(file)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": ", file.name(), ": defines a name that another file of the set defines too"));
    }
  }
  for (const auto& file : files.file()) {
    const auto* built = set->pool_.FindFileByName(file.name());
    if (built == nullptr || !names.erase(file.name())) continue;
    set->files_.push_back(built);
  }
  if (!set->errors_.lines().empty() || !names.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the set does not build; was it made with --include_imports?\n",
                     absl::StrJoin(set->errors_.lines(), "\n")));
  }
  return set;
}

absl::StatusOr<std::vector<const google::protobuf::MethodDescriptor*>> DescriptorSet::Methods(
    const std::vector<std::string>& services) const {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  std::vector<std::string> known;
  for (const auto* file : files_) {
    for (int i = 0; i < file->service_count(); ++i) {
      const auto& service = *file->service(i);
      known.push_back(service.full_name());
      if (!services.empty() &&
          std::find(services.begin(), services.end(), service.full_name()) == services.end()) {
        continue;
      }
      for (int j = 0; j < service.method_count(); ++j) methods.push_back(service.method(j));
    }
  }
  std::vector<std::string> missing;
  for (const std::string& name : services) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    missing.push_back(
        absl::StrCat("the set has no service ", Quoted(name), Suggestion(name, known)));
  }
  if (!missing.empty()) return absl::NotFoundError(absl::StrJoin(missing, "\n"));
  return methods;
}

absl::StatusOr<std::vector<const google::protobuf::MethodDescriptor*>> DescriptorSet::MethodsNamed(
    const std::string& name) const {
  const auto all = Methods();
  if (!all.ok()) return all.status();
  std::vector<const google::protobuf::MethodDescriptor*> found;
  std::vector<std::string> names;
  for (const auto* method : *all) {
    names.push_back(FullName(*method));
    const bool of_service = name == absl::StrCat("/", method->service()->full_name(), "/*");
    if (of_service || name == names.back()) found.push_back(method);
  }
  if (!found.empty()) return found;
  return absl::NotFoundError(
      absl::StrCat("the descriptor set has no method ", Quoted(name), Suggestion(name, names)));
}

std::string FullName(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

}  // namespace warden::cli
