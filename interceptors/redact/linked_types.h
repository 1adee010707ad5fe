// The message types that are linked into the program, by their full names.
#ifndef WARDEN_INTERCEPTORS_REDACT_LINKED_TYPES_H_
#define WARDEN_INTERCEPTORS_REDACT_LINKED_TYPES_H_

#include <string_view>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace warden::redact {

// The prototype of the type that an Any's URL names; null where it is not linked in. The table is
// made at the first call and does not grow: the descriptor pool itself, asked while serving,
// remembers every unknown name for ever. Thread-safe.
const google::protobuf::Message* LinkedType(std::string_view type_url);

}  // namespace warden::redact

#endif  // WARDEN_INTERCEPTORS_REDACT_LINKED_TYPES_H_
