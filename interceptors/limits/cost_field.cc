#include "interceptors/limits/cost_field.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace warden {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsInteger(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return false;
  }
}

// Between 0 and the largest of its type; below 0 is 0.
uint64_t ReadInteger(const Message& message, const FieldDescriptor* field) {
  const auto& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return static_cast<uint64_t>(std::max(reflection.GetInt32(message, field), 0));
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<uint64_t>(std::max<int64_t>(reflection.GetInt64(message, field), 0));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, field);
    default:
      return reflection.GetUInt64(message, field);
  }
}

}  // namespace

absl::StatusOr<CostField> CostField::Find(const google::protobuf::Descriptor& type,
                                          std::string_view path) {
  CostField found;
  const google::protobuf::Descriptor* in = &type;
  const std::vector<std::string> names =
      absl::StrSplit(absl::string_view(path.data(), path.size()), '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const FieldDescriptor* const field = in->FindFieldByName(names[i]);
    if (field == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("no field \"", names[i], "\" in ", in->full_name()));
    }
    if (field->is_repeated()) {
      return absl::InvalidArgumentError(absl::StrCat(field->full_name(), " is repeated"));
    }
    found.path_.push_back(field);
    const bool last = i + 1 == names.size();
    if (last ? !IsInteger(*field) : field->message_type() == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(field->full_name(), last ? " is no integer" : " is no message"));
    }
    in = field->message_type();
  }
  return found;
}

uint32_t CostField::Read(const Message& message) const {
  const Message* in = &message;
  for (size_t i = 0; i + 1 < path_.size(); ++i) {
    // Of an absent message, its default.
    in = &in->GetReflection()->GetMessage(*in, path_[i]);
  }
  return static_cast<uint32_t>(std::clamp<uint64_t>(ReadInteger(*in, path_.back()), 1,
                                                    std::numeric_limits<uint32_t>::max()));
}

}  // namespace warden
