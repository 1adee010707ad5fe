#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/rules/rule_source.h"

namespace warden::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::UnknownFieldSet;

// The number of all three extensions, registered for that ecosystem.
constexpr int kExtensionNumber = 1159;
// Of the options of rules themselves.
constexpr int kPredefinedNumber = 1160;

// Reads options through the pool's own description of them. Whoever parsed the descriptors may or
// may not have had generated code for the extension, so the options are written out and parsed
// again, which gives the same either way.
class BufSource final : public RuleSource {
 public:
  explicit BufSource(const DescriptorPool& pool)
      : pool_(pool),
        field_(Find("buf.validate.field", "google.protobuf.FieldOptions", kExtensionNumber)),
        oneof_(Find("buf.validate.oneof", "google.protobuf.OneofOptions", kExtensionNumber)),
        message_(Find("buf.validate.message", "google.protobuf.MessageOptions", kExtensionNumber)),
        predefined_(
            Find("buf.validate.predefined", "google.protobuf.FieldOptions", kPredefinedNumber)) {}

  std::string_view name() const override { return "(buf.validate.field)"; }

  absl::StatusOr<const Message*> ForField(const FieldDescriptor& field) override {
    return Read(field.options(), field_, kExtensionNumber);
  }
  absl::StatusOr<const Message*> ForOneof(const google::protobuf::OneofDescriptor& oneof) override {
    return Read(oneof.options(), oneof_, kExtensionNumber);
  }
  absl::StatusOr<const Message*> ForMessage(const Descriptor& type) override {
    return Read(type.options(), message_, kExtensionNumber);
  }
  absl::StatusOr<const Message*> ForPredefined(const FieldDescriptor& rule) override {
    return Read(rule.options(), predefined_, kPredefinedNumber);
  }

 private:
  // nullptr if the pool has no such extension of these options.
  const FieldDescriptor* Find(const char* name, const char* options, int number) const {
    const FieldDescriptor* extension = pool_.FindExtensionByName(name);
    if (extension == nullptr || extension->number() != number ||
        extension->containing_type()->full_name() != options || extension->is_repeated() ||
        extension->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return nullptr;
    }
    return extension;
  }

  absl::StatusOr<const Message*> Read(const Message& options, const FieldDescriptor* extension,
                                      int number);

  const DescriptorPool& pool_;
  const FieldDescriptor* field_;
  const FieldDescriptor* oneof_;
  const FieldDescriptor* message_;
  const FieldDescriptor* predefined_;
  google::protobuf::DynamicMessageFactory factory_;  // outlives the messages that it makes
  std::vector<std::unique_ptr<Message>> parsed_;
};

bool HasUnknown(const Message& options, int number) {
  const UnknownFieldSet& unknown = options.GetReflection()->GetUnknownFields(options);
  for (int i = 0; i < unknown.field_count(); ++i) {
    if (unknown.field(i).number() == number) return true;
  }
  return false;
}

// Whether the option is there in any form: also known to this process, though not to the pool.
bool HasOption(const Message& options, int number) {
  std::vector<const FieldDescriptor*> set;
  options.GetReflection()->ListFields(options, &set);
  return HasUnknown(options, number) ||
         std::any_of(set.begin(), set.end(),
                     [number](const FieldDescriptor* field) { return field->number() == number; });
}

absl::StatusOr<const Message*> BufSource::Read(const Message& options,
                                               const FieldDescriptor* extension, int number) {
  if (extension == nullptr) {
    if (!HasOption(options, number)) return nullptr;
    return absl::NotFoundError(
        absl::StrCat("has the option ", number,
                     " of buf.validate, but the descriptors lack buf/validate/validate.proto"));
  }
  const std::string bytes = options.SerializePartialAsString();
  if (bytes.empty()) return nullptr;
  std::unique_ptr<Message> copy(factory_.GetPrototype(extension->containing_type())->New());
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  input.SetExtensionRegistry(&pool_, &factory_);
  if (!copy->ParsePartialFromCodedStream(&input) || !input.ConsumedEntireMessage()) {
    return absl::InvalidArgumentError("has options that cannot be read as buf.validate rules");
  }
  if (HasUnknown(*copy, number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("has an option ", number, " that is no message of buf.validate"));
  }
  if (!copy->GetReflection()->HasField(*copy, extension)) return nullptr;
  parsed_.push_back(std::move(copy));
  const Message& owner = *parsed_.back();
  return &owner.GetReflection()->GetMessage(owner, extension, &factory_);
}

}  // namespace

std::unique_ptr<RuleSource> MakeBufSource(const DescriptorPool& pool) {
  return std::make_unique<BufSource>(pool);
}

}  // namespace warden::rules
