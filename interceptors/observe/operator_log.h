// What the operator of a server should know and no call is the reason of.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_OPERATOR_LOG_H_
#define WARDEN_INTERCEPTORS_OBSERVE_OPERATOR_LOG_H_

#include <string_view>

namespace warden {

// Writes one line to standard error: {"time":"...","part":"keys","message":"..."}. The message is
// sanitized and cut. For what happens now and then; who calls it bounds how often. Thread-safe.
void LogForOperator(std::string_view part, std::string_view message);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_OPERATOR_LOG_H_
