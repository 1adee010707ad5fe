// What `warden message validate` does between reading its input and printing.
#ifndef WARDEN_TOOLS_WARDEN_MESSAGE_VALIDATE_H_
#define WARDEN_TOOLS_WARDEN_MESSAGE_VALIDATE_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "interceptors/rules/program.h"

namespace warden::cli {

// Parses `input`, in the format "json" (the proto3 mapping), "binary" or "textproto", into
// *message. InvalidArgument says what is wrong with it, and where if it is text.
absl::Status ParseMessage(const std::string& format, const std::string& input,
                          google::protobuf::Message* message);

// `[{"field": ..., "rule": ..., "message": ..., "source": ...}, ...]`, each on a line of its own;
// `[]` if there are none. `source` is where the rule stands, "shop.proto:12:5", where the
// descriptors of `type`, whose messages were checked, know it; `"observed": true` is added for what
// a server would only count.
std::string ViolationsAsJson(const google::protobuf::Descriptor& type,
                             const std::vector<Violation>& violations);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_MESSAGE_VALIDATE_H_
