#include "interceptors/rules/rule_source.h"
#include "warden/v1/annotations.pb.h"
#include "warden/v1/rules.pb.h"

namespace warden::rules {
namespace {

using google::protobuf::Message;

class WardenSource final : public RuleSource {
 public:
  std::string_view name() const override { return "(warden.v1.rules)"; }

  absl::StatusOr<const Message*> ForField(const google::protobuf::FieldDescriptor& field) override {
    const auto& options = field.options();
    return options.HasExtension(v1::rules) ? &options.GetExtension(v1::rules) : nullptr;
  }

  absl::StatusOr<const Message*> ForOneof(const google::protobuf::OneofDescriptor& oneof) override {
    const auto& options = oneof.options();
    return options.HasExtension(v1::oneof_rules) ? &options.GetExtension(v1::oneof_rules) : nullptr;
  }

  absl::StatusOr<const Message*> ForMessage(const google::protobuf::Descriptor& type) override {
    const auto& options = type.options();
    return options.HasExtension(v1::message_rules) ? &options.GetExtension(v1::message_rules)
                                                   : nullptr;
  }

  absl::StatusOr<const Message*> ForPredefined(const google::protobuf::FieldDescriptor&) override {
    return nullptr;
  }
};

}  // namespace

std::unique_ptr<RuleSource> MakeWardenSource() { return std::make_unique<WardenSource>(); }

}  // namespace warden::rules
