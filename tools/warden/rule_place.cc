#include "tools/warden/rule_place.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "warden/v1/annotations.pb.h"

namespace warden::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::SourceLocation;

using Path = std::vector<int>;

constexpr int kBufField = 1159;  // buf.validate.field

// https://protobuf.dev: SourceCodeInfo.Location.path.
Path PathOf(const Descriptor& type) {
  if (type.containing_type() == nullptr) {
    return {FileDescriptorProto::kMessageTypeFieldNumber, type.index()};
  }
  Path path = PathOf(*type.containing_type());
  path.push_back(google::protobuf::DescriptorProto::kNestedTypeFieldNumber);
  path.push_back(type.index());
  return path;
}

Path PathOf(const FieldDescriptor& field) {
  Path path = PathOf(*field.containing_type());
  path.push_back(google::protobuf::DescriptorProto::kFieldFieldNumber);
  path.push_back(field.index());
  return path;
}

std::string Show(const FileDescriptor& file, const SourceLocation& location) {
  return absl::StrCat(file.name(), ":", location.start_line + 1, ":", location.start_column + 1);
}

// The numbers of a rule's fields, from FieldRules down, as far as there are such fields.
Path NumbersOf(std::string_view id) {
  Path numbers;
  const Descriptor* type = v1::FieldRules::descriptor();
  while (type != nullptr && !id.empty()) {
    const std::string name(id.substr(0, id.find('.')));
    id.remove_prefix(std::min(name.size() + 1, id.size()));
    const FieldDescriptor* field = type->FindFieldByName(name);
    // "gte_lte" and "email_empty" begin with the rule's name.
    for (size_t cut = name.rfind('_'); field == nullptr && cut != std::string::npos && cut > 0;
         cut = name.rfind('_', cut - 1)) {
      field = type->FindFieldByName(name.substr(0, cut));
    }
    if (field == nullptr) break;
    numbers.push_back(field->number());
    type = field->message_type();
  }
  return numbers;
}

// The most particular place that the set knows.
std::optional<SourceLocation> Find(const FieldDescriptor& field, std::string_view id) {
  const FileDescriptor& file = *field.file();
  Path base = PathOf(field);
  base.push_back(FieldDescriptorProto::kOptionsFieldNumber);
  const Path numbers = NumbersOf(id);
  // Of the field itself; repeated.items; map.keys; map.values.
  const Path within[] = {{}, {18, 4}, {19, 4}, {19, 5}};
  SourceLocation location;
  for (size_t length = numbers.size() + 1; length-- > 0;) {
    for (const int option : {static_cast<int>(v1::rules.number()), kBufField}) {
      for (const Path& inner : within) {
        Path path = base;
        path.push_back(option);
        path.insert(path.end(), inner.begin(), inner.end());
        path.insert(path.end(), numbers.begin(),
                    numbers.begin() + static_cast<Path::difference_type>(length));
        if (file.GetSourceLocation(path, &location)) return location;
      }
    }
  }
  if (field.GetSourceLocation(&location)) return location;
  return std::nullopt;
}

// The next name of a path, which is taken off with whatever stands in brackets behind it.
std::string TakeName(std::string_view* path) {
  const size_t end = std::min(path->find_first_of(".["), path->size());
  std::string name(path->substr(0, end));
  path->remove_prefix(end);
  if (path->starts_with("[")) {
    bool quoted = false;
    size_t i = 1;
    for (; i < path->size() && (quoted || (*path)[i] != ']'); ++i) {
      if ((*path)[i] == '\\') {
        ++i;
      } else if ((*path)[i] == '"') {
        quoted = !quoted;
      }
    }
    path->remove_prefix(std::min(i + 1, path->size()));
  }
  if (path->starts_with(".")) path->remove_prefix(1);
  return name;
}

}  // namespace

std::string PlaceOfRule(const FieldDescriptor& field, std::string_view id) {
  const std::optional<SourceLocation> location = Find(field, id);
  return location.has_value() ? Show(*field.file(), *location) : field.file()->name();
}

std::string PlaceOfViolation(const Descriptor& type, std::string_view path, std::string_view id) {
  const Descriptor* inside = &type;
  SourceLocation location;
  while (inside != nullptr && !path.empty()) {
    const std::string name = TakeName(&path);
    const FieldDescriptor* field = inside->FindFieldByName(name);
    if (field == nullptr) {
      const auto* oneof = inside->FindOneofByName(name);
      if (oneof == nullptr || !oneof->GetSourceLocation(&location)) return "";
      return Show(*oneof->file(), location);
    }
    if (path.empty()) {
      const std::optional<SourceLocation> found = Find(*field, id);
      return found.has_value() ? Show(*field->file(), *found) : "";
    }
    inside = field->message_type();
    if (field->is_map()) inside = inside->map_value()->message_type();
  }
  if (inside == nullptr || !inside->GetSourceLocation(&location)) return "";
  return Show(*inside->file(), location);
}

}  // namespace warden::cli
