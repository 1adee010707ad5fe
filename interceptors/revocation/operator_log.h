// Lines for whoever runs the server.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_OPERATOR_LOG_H_
#define WARDEN_INTERCEPTORS_REVOCATION_OPERATOR_LOG_H_

#include <string_view>

namespace warden {

// Writes "warden: TEXT" to standard error, on one line and without control characters.
// Thread-safe. REQUIRES: no secret in it.
void LogForOperator(std::string_view text);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_OPERATOR_LOG_H_
