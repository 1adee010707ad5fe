// Brings strings of messages into the form that `(warden.v1.rules).string.normalize` asks for,
// before their rules are checked and before the handler sees them. docs/content-rules.md.
#ifndef WARDEN_INTERCEPTORS_NORMALIZE_NORMALIZER_H_
#define WARDEN_INTERCEPTORS_NORMALIZE_NORMALIZER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/normalize/text_forms.h"
#include "interceptors/rules/program.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace warden {

namespace normalize {

inline constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

struct FieldPlan {
  const google::protobuf::FieldDescriptor* field = nullptr;
  // Of the strings in it: of a list its items', of a map its values'. Empty where none is asked
  // for.
  std::vector<Step> steps;
  const google::protobuf::FieldDescriptor* wrapped = nullptr;  // `value` of a StringValue
  uint32_t message = kNone;                                    // what is inside has strings, too
  bool sensitive = false;                                      // its keys do not appear in paths
};

struct MessagePlan {
  std::vector<FieldPlan> fields;
};

}  // namespace normalize

// Immutable and thread-safe.
class Normalizer {
 public:
  // Messages nested deeper than this are a violation, where strings to be normalised could be that
  // deep.
  static constexpr int kMaxDepth = 100;
  // What a Violation of Apply has as its rule.
  static constexpr std::string_view kRule = "string.normalize";

  // Null where neither `type` nor anything below it asks for a form. Adds what is wrong with the
  // rules to *problems, as "file: message.field: problem"; that they do not fit their field is for
  // Program::Compile to say. The pool of `type` must outlive the normaliser.
  static std::shared_ptr<const Normalizer> Compile(const google::protobuf::Descriptor& type,
                                                   std::vector<std::string>* problems);

  // Changes the message, which must be of the compiled type, and returns true. Where a value cannot
  // be normalised, because it is not UTF-8 or longer than normalize::kMaxTextBytes, appends at
  // least one and at most `max_violations` (at least 1) violations to *out and returns false, and
  // the message is as it was. Linear in the message's size; a message that is in its form already
  // is only read.
  bool Apply(google::protobuf::Message* message, size_t max_violations,
             std::vector<Violation>* out) const;

 private:
  explicit Normalizer(std::vector<normalize::MessagePlan> plans) : plans_(std::move(plans)) {}

  const std::vector<normalize::MessagePlan> plans_;  // the first is the type's own
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_NORMALIZE_NORMALIZER_H_
