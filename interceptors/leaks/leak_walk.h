// Looks for leaks in a message's strings.
#ifndef WARDEN_INTERCEPTORS_LEAKS_LEAK_WALK_H_
#define WARDEN_INTERCEPTORS_LEAKS_LEAK_WALK_H_

#include <optional>
#include <string>

#include "interceptors/leaks/leak_detector.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace warden {

struct FoundLeak {
  Leak leak = Leak::kPrivateKey;
  std::string field;  // "items.note", without indices and keys: never of the value
};

// The first leak among the strings of `message` and of all messages in it: fields of type string,
// keys and values of maps, the bytes of a google.protobuf.Any and of fields that the type does not
// know. Fields whose `sensitivity` is SECRET are meant to hold one and are left out with all that
// is in them; so are fields of type bytes. A message nested deeper than kMaxLeakDepth is looked at
// as the bytes that it is sent as. Thread-safe.
inline constexpr int kMaxLeakDepth = 100;
std::optional<FoundLeak> FindLeak(const google::protobuf::Message& message);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LEAKS_LEAK_WALK_H_
