#include "interceptors/leaks/leak_walk.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// One message, on one thread. Whoever comes here has a hint of a leak: speed matters less than that
// nothing is left out.
class LeakWalk {
 public:
  bool In(const Message& message, const std::string& path, int depth) {
    const Reflection& reflection = *message.GetReflection();
    if (depth > kMaxLeakDepth) return Bytes(message.SerializePartialAsString(), path);
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    const bool any = message.GetDescriptor()->full_name() == "google.protobuf.Any";
    for (const FieldDescriptor* field : fields) {
      if (field->options().GetExtension(v1::sensitivity) == v1::SECRET) continue;
      const std::string name =
          path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        if (Messages(message, *field, name, depth)) return true;
      } else if (field->type() == FieldDescriptor::TYPE_STRING || (any && field->number() == 2)) {
        if (Strings(message, *field, name)) return true;
      }
    }
    return Unknown(reflection.GetUnknownFields(message), path, depth);
  }

  const FoundLeak& found() const { return found_; }

 private:
  bool Bytes(std::string_view bytes, const std::string& path) {
    const std::optional<Leak> leak = LeakDetector::Instance().Find(bytes);
    if (!leak.has_value()) return false;
    found_ = {.leak = *leak, .field = path};
    return true;
  }

  bool Strings(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    std::string scratch;
    if (!field.is_repeated()) {
      return Bytes(reflection.GetStringReference(message, &field, &scratch), path);
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (Bytes(reflection.GetRepeatedStringReference(message, &field, i, &scratch), path)) {
        return true;
      }
    }
    return false;
  }

  // Entries of maps are messages, too; paths leave out their `key` and `value`.
  bool Messages(const Message& message, const FieldDescriptor& field, const std::string& path,
                int depth) {
    const Reflection& reflection = *message.GetReflection();
    if (!field.is_repeated()) {
      return In(reflection.GetMessage(message, &field), path, depth + 1);
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (In(reflection.GetRepeatedMessage(message, &field, i), path, depth + 1)) return true;
    }
    return false;
  }

  bool Unknown(const UnknownFieldSet& fields, const std::string& path, int depth) {
    if (depth > kMaxLeakDepth) return false;
    for (int i = 0; i < fields.field_count(); ++i) {
      const UnknownField& field = fields.field(i);
      if (field.type() == UnknownField::TYPE_LENGTH_DELIMITED &&
          Bytes(field.length_delimited(), absl::StrCat(path, path.empty() ? "" : ".", "?"))) {
        return true;
      }
      if (field.type() == UnknownField::TYPE_GROUP && Unknown(field.group(), path, depth + 1)) {
        return true;
      }
    }
    return false;
  }

  FoundLeak found_;
};

}  // namespace

std::optional<FoundLeak> FindLeak(const Message& message) {
  LeakWalk walk;
  if (!walk.In(message, "", 0)) return std::nullopt;
  return walk.found();
}

}  // namespace warden
