// Where rules are found: the options of fields, oneofs and messages, in one of two dialects. Both
// give messages that RuleView reads by the same names, so nothing behind this interface knows a
// dialect.
#ifndef WARDEN_INTERCEPTORS_RULES_RULE_SOURCE_H_
#define WARDEN_INTERCEPTORS_RULES_RULE_SOURCE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace warden::rules {

// The messages belong to the source or to the descriptors; nullptr where there are no rules. An
// error means that there are rules which cannot be read. Not thread-safe.
class RuleSource {
 public:
  virtual ~RuleSource() = default;
  // As it stands in a proto: "(warden.v1.rules)".
  virtual std::string_view name() const = 0;
  virtual absl::StatusOr<const google::protobuf::Message*> ForField(
      const google::protobuf::FieldDescriptor& field) = 0;
  virtual absl::StatusOr<const google::protobuf::Message*> ForOneof(
      const google::protobuf::OneofDescriptor& oneof) = 0;
  virtual absl::StatusOr<const google::protobuf::Message*> ForMessage(
      const google::protobuf::Descriptor& type) = 0;
  // What a rule says in its own options that it means: a PredefinedRules.
  virtual absl::StatusOr<const google::protobuf::Message*> ForPredefined(
      const google::protobuf::FieldDescriptor& rule) = 0;
};

// Rules, and where they were found.
struct FoundRules {
  const google::protobuf::Message* rules = nullptr;
  RuleSource* source = nullptr;
};

// `(warden.v1.rules)`, `(warden.v1.oneof_rules)`, `(warden.v1.message_rules)`.
std::unique_ptr<RuleSource> MakeWardenSource();

// `(buf.validate.field)`, `.oneof` and `.message`, read through the types that `pool` itself has
// for them. The pool must outlive the source.
std::unique_ptr<RuleSource> MakeBufSource(const google::protobuf::DescriptorPool& pool);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_RULE_SOURCE_H_
