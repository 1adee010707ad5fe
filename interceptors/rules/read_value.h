// Reads values out of messages by reflection, in the shape that their plan asks for.
#ifndef WARDEN_INTERCEPTORS_RULES_READ_VALUE_H_
#define WARDEN_INTERCEPTORS_RULES_READ_VALUE_H_

#include <string>

#include "interceptors/rules/evaluate.h"

namespace warden::rules {

// The value of a singular field. Text refers to the message or to *scratch. `reflection` is the
// message's: asking the message for it costs more than reading a number.
Value ReadField(const google::protobuf::Message& message,
                const google::protobuf::Reflection& reflection,
                const google::protobuf::FieldDescriptor& field, const ValuePlan& plan,
                std::string* scratch);

// The value of one item of a list.
Value ReadItem(const google::protobuf::Message& message,
               const google::protobuf::Reflection& reflection,
               const google::protobuf::FieldDescriptor& field, const ValuePlan& plan, int index,
               std::string* scratch);

// What the rules of a message field talk about: `message` itself, or what `plan.unwrap` finds in
// it.
Value ReadInside(const google::protobuf::Message& message, const ValuePlan& plan,
                 std::string* scratch);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_READ_VALUE_H_
