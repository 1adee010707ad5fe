// A record of an audit log as one line for people.
#ifndef WARDEN_TOOLS_WARDEN_AUDIT_LINE_H_
#define WARDEN_TOOLS_WARDEN_AUDIT_LINE_H_

#include <string>

#include "nlohmann/json.hpp"

namespace warden::cli {

// "2026-01-31T09:00:00.123456Z denied token_expired /shop.v1.Orders/Get by alice via
// spiffe://shop.example/web from 10.0.0.7 at credential: expired 3 s ago [request 0190163d-...]".
// Harmless for a terminal, whatever the record holds.
std::string LineOf(const nlohmann::json& record);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_AUDIT_LINE_H_
