#include "authz/config/yaml_loader.h"

#include <fcntl.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_scalar.h"
#include "authz/config/yaml_tree.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;
using google::protobuf::Struct;

// One step of a field path; the path is written out only for a problem.
struct Step {
  const Step* parent = nullptr;
  std::string_view key;
  size_t index = 0;
  bool is_index = false;
};

std::string PathText(const Step* step) {
  if (step == nullptr) return "";
  const std::string parent = PathText(step->parent);
  return step->is_index ? ItemPath(parent, step->index) : ChildPath(parent, step->key);
}

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a mapping";
    case YamlNode::Kind::kRefused:
      break;
  }
  return "";
}

struct SetScalar {  // puts a ScalarValue into a singular field, or adds it to a repeated one
  Message* message = nullptr;
  const FieldDescriptor* field = nullptr;
  const Reflection* reflection = message->GetReflection();

#define WARDEN_SET(Type, Name)                                 \
  void operator()(Type value) const {                          \
    if (field->is_repeated()) {                                \
      reflection->Add##Name(message, field, std::move(value)); \
    } else {                                                   \
      reflection->Set##Name(message, field, std::move(value)); \
    }                                                          \
  }
  WARDEN_SET(std::string, String)
  WARDEN_SET(bool, Bool)
  WARDEN_SET(int64_t, Int64)
  WARDEN_SET(uint32_t, UInt32)
  WARDEN_SET(uint64_t, UInt64)
  WARDEN_SET(float, Float)
  WARDEN_SET(double, Double)
#undef WARDEN_SET
  void operator()(int32_t value) const {
    const bool is_enum = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
    if (field->is_repeated()) {
      is_enum ? reflection->AddEnumValue(message, field, value)
              : reflection->AddInt32(message, field, value);
    } else {
      is_enum ? reflection->SetEnumValue(message, field, value)
              : reflection->SetInt32(message, field, value);
    }
  }
};

// Fills a message from a tree. Recursion follows the tree, whose depth is bounded.
class MessageReader {
 public:
  MessageReader(std::string_view file_name, ProblemList* problems)
      : file_name_(file_name), problems_(problems) {}

  void ReadMessage(const YamlNode& node, const Step* path, Message* out) {
    if (!Expect(node, YamlNode::Kind::kMapping, path, node.mark)) return;
    KeySet seen;
    absl::flat_hash_map<const OneofDescriptor*, std::string_view> chosen;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const YamlKey& key = node.keys[i];
      const Step step{path, key.text};
      if (!CheckKey(key, step, &seen)) continue;
      const FieldDescriptor* field = out->GetDescriptor()->FindFieldByName(key.text);
      if (field == nullptr) {
        Report(key.mark, &step,
               absl::StrCat("unknown key", KeyAdvice(*out->GetDescriptor(), key.text)));
        continue;
      }
      if (const OneofDescriptor* oneof = field->real_containing_oneof(); oneof != nullptr) {
        const auto [other, first] = chosen.emplace(oneof, key.text);
        if (!first) {
          Report(key.mark, &step,
                 absl::StrCat("excludes ", Quoted(other->second), "; keep one of the two"));
          continue;
        }
      }
      ReadField(node.children[i], key.mark, &step, *field, out);
    }
  }

 private:
  using KeySet = absl::flat_hash_map<absl::string_view, YamlMark>;

  void Report(YamlMark mark, const Step* path, std::string_view message) {
    if (problems_->size() >=
        ProblemList::kMostKept) {  // only counted: the path need not be written out
      problems_->Add("", "");
      return;
    }
    std::string text = PathText(path);
    if (!text.empty()) text += ": ";
    text += message;
    problems_->Add(PlaceText(file_name_, mark), std::move(text));
  }

  // `mark` is where a problem is reported: a null node's own mark is wherever the next token
  // stands.
  bool Expect(const YamlNode& node, YamlNode::Kind kind, const Step* path, YamlMark mark) {
    if (node.kind == kind) return true;
    if (node.kind == YamlNode::Kind::kRefused) return false;
    const absl::string_view wanted = kind == YamlNode::Kind::kList      ? "a list"
                                     : kind == YamlNode::Kind::kMapping ? "a mapping"
                                                                        : "a single value";
    if (node.kind == YamlNode::Kind::kNull) {
      Report(mark, path, absl::StrCat("has no value; expected ", wanted, ", or leave the key out"));
    } else {
      const std::string_view found = KindName(node.kind);
      const absl::string_view advice =
          kind == YamlNode::Kind::kList && node.kind == YamlNode::Kind::kScalar
              ? "; write [...] around it"
              : "";
      Report(mark, path,
             absl::StrCat("expected ", wanted, ", found ",
                          absl::string_view(found.data(), found.size()), advice));
    }
    return false;
  }

  bool CheckKey(const YamlKey& key, const Step& step, KeySet* seen) {
    if (key.text == "<<") {
      Report(key.mark, &step, "merge keys are not allowed; write the values out");
      return false;
    }
    const auto [first, is_new] = seen->emplace(key.text, key.mark);
    if (!is_new) {
      Report(key.mark, &step,
             absl::StrCat("duplicate key; it stands first in line ", first->second.line));
    }
    return is_new;
  }

  static std::string KeyAdvice(const Descriptor& type, std::string_view key) {
    std::vector<std::string> names;
    names.reserve(static_cast<size_t>(type.field_count()));
    for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
    std::string advice = Suggestion(key, names);
    if (!advice.empty()) return advice;
    if (names.empty()) return "; nothing can be set here";
    for (size_t i = 0; i < names.size(); ++i) {
      absl::StrAppend(&advice, i == 0 ? "; the keys are " : ", ", names[i]);
    }
    return advice;
  }

  void ReadField(const YamlNode& node, YamlMark mark, const Step* path,
                 const FieldDescriptor& field, Message* out) {
    if (field.is_map()) {
      ReadMap(node, mark, path, field, out);
    } else if (field.is_repeated()) {
      if (!Expect(node, YamlNode::Kind::kList, path, mark)) return;
      for (size_t i = 0; i < node.children.size(); ++i) {
        const Step step{path, {}, i, true};
        ReadValue(node.children[i], node.children[i].mark, &step, field, out);
      }
    } else {
      ReadValue(node, mark, path, field, out);
    }
  }

  // One value of a singular or repeated field.
  void ReadValue(const YamlNode& node, YamlMark mark, const Step* path,
                 const FieldDescriptor& field, Message* out) {
    const Reflection* reflection = out->GetReflection();
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!Expect(node, YamlNode::Kind::kScalar, path, mark)) return;
      absl::StatusOr<ScalarValue> value = ParseScalar(field, node.text, node.quoted);
      if (!value.ok()) return ReportValue(node, path, value.status());
      std::visit(SetScalar{out, &field}, *std::move(value));
      return;
    }
    if (field.message_type()->full_name() == Struct::descriptor()->full_name()) {
      if (!Expect(node, YamlNode::Kind::kMapping, path, mark)) return;
      Message* child = field.is_repeated() ? reflection->AddMessage(out, &field)
                                           : reflection->MutableMessage(out, &field);
      return ReadStruct(node, path, static_cast<Struct*>(child));
    }
    const bool scalar = IsScalarMessage(field.message_type()->full_name());
    if (!Expect(node, scalar ? YamlNode::Kind::kScalar : YamlNode::Kind::kMapping, path, mark))
      return;
    Message* child = field.is_repeated() ? reflection->AddMessage(out, &field)
                                         : reflection->MutableMessage(out, &field);
    if (!scalar) return ReadMessage(node, path, child);
    if (const absl::Status status = ParseScalarMessage(node.text, child); !status.ok()) {
      ReportValue(node, path, status);
    }
  }

  void ReadMap(const YamlNode& node, YamlMark mark, const Step* path, const FieldDescriptor& field,
               Message* out) {
    if (!Expect(node, YamlNode::Kind::kMapping, path, mark)) return;
    const Descriptor& entry_type = *field.message_type();
    KeySet seen;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const YamlKey& key = node.keys[i];
      const Step step{path, key.text};
      if (!CheckKey(key, step, &seen)) continue;
      absl::StatusOr<ScalarValue> value = ParseScalar(*entry_type.map_key(), key.text, false);
      if (!value.ok()) {
        const absl::string_view text = value.status().message();
        Report(key.mark, &step, absl::StrCat("bad key: ", text));
        continue;
      }
      Message* entry = out->GetReflection()->AddMessage(out, &field);
      std::visit(SetScalar{entry, entry_type.map_key()}, *std::move(value));
      ReadValue(node.children[i], key.mark, &step, *entry_type.map_value(), entry);
    }
  }

  void ReadStruct(const YamlNode& node, const Step* path, Struct* out) {
    KeySet seen;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const Step step{path, node.keys[i].text};
      if (!CheckKey(node.keys[i], step, &seen)) continue;
      ReadData(node.children[i], &step, &(*out->mutable_fields())[node.keys[i].text]);
    }
  }

  // Data without a schema. A plain scalar that reads as a boolean or as a number of JSON is one.
  void ReadData(const YamlNode& node, const Step* path, google::protobuf::Value* out) {
    switch (node.kind) {
      case YamlNode::Kind::kRefused:
        return;
      case YamlNode::Kind::kNull:
        return out->set_null_value(google::protobuf::NULL_VALUE);
      case YamlNode::Kind::kList:
        out->mutable_list_value();
        for (size_t i = 0; i < node.children.size(); ++i) {
          const Step step{path, {}, i, true};
          ReadData(node.children[i], &step, out->mutable_list_value()->add_values());
        }
        return;
      case YamlNode::Kind::kMapping:
        return ReadStruct(node, path, out->mutable_struct_value());
      case YamlNode::Kind::kScalar:
        break;
    }
    const bool number = !node.quoted && nlohmann::json::accept(node.text) &&
                        nlohmann::json::parse(node.text).is_number();
    if (number) return out->set_number_value(nlohmann::json::parse(node.text).get<double>());
    if (!node.quoted && (node.text == "true" || node.text == "false")) {
      return out->set_bool_value(node.text == "true");
    }
    out->set_string_value(node.text);
  }

  void ReportValue(const YamlNode& node, const Step* path, const absl::Status& status) {
    Report(node.mark, path, std::string(status.message()));
  }

  const std::string_view file_name_;
  ProblemList* const problems_;
};

}  // namespace

absl::Status LoadYaml(std::string_view text, std::string_view file_name, Message* out,
                      SourceMap* places, const YamlBounds& bounds) {
  out->Clear();
  ProblemList problems;
  const std::shared_ptr<const YamlNode> root = ParseYamlTree(text, file_name, bounds, &problems);
  if (root != nullptr) {
    MessageReader(file_name, &problems).ReadMessage(*root, nullptr, out);
  }
  if (places != nullptr) *places = SourceMap(std::string(file_name), root);
  if (!problems.empty()) out->Clear();
  return problems.ToStatus();
}

absl::Status ReadBoundedFile(const std::string& path, size_t max_bytes, std::string* out) {
  out->clear();
  // Without O_NONBLOCK a named pipe would wait for a writer.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be opened"));
  const absl::Cleanup closer = [file] { close(file); };
  struct stat info = {};
  if (fstat(file, &info) != 0)
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be read"));
  if (!S_ISREG(info.st_mode))
    return absl::InvalidArgumentError(absl::StrCat(path, ": is not a regular file"));
  std::vector<char> buffer(1 << 16);
  while (out->size() <= max_bytes) {
    const ssize_t got = read(file, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be read"));
    if (got == 0) return absl::OkStatus();
    out->append(buffer.data(), static_cast<size_t>(got));
  }
  out->clear();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": the file has more than ", max_bytes, " bytes"));
}

absl::Status LoadYamlFile(const std::string& path, Message* out, SourceMap* places,
                          const YamlBounds& bounds) {
  std::string text;
  if (absl::Status status = ReadBoundedFile(path, bounds.max_bytes, &text); !status.ok()) {
    out->Clear();
    if (places != nullptr) *places = SourceMap(path, nullptr);
    return status;
  }
  return LoadYaml(text, path, out, places, bounds);
}

}  // namespace warden
