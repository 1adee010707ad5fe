// Where field rules stand in a .proto, as far as a descriptor set knows.
#ifndef WARDEN_TOOLS_WARDEN_RULE_PLACE_H_
#define WARDEN_TOOLS_WARDEN_RULE_PLACE_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace warden::cli {

// "shop.proto:12:5" of the rule `id` ("string.min_len") of a field: of the option that sets it, of
// the option that has it within, or of the field. "shop.proto" for a set without source
// information.
std::string PlaceOfRule(const google::protobuf::FieldDescriptor& field, std::string_view id);

// The same for a violation: `path` leads from a message of `type` to the field or oneof
// (`items[2].sku`; "" for the message itself). "" where the set has no source information, or the
// path leads nowhere.
std::string PlaceOfViolation(const google::protobuf::Descriptor& type, std::string_view path,
                             std::string_view id);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_RULE_PLACE_H_
