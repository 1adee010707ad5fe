// Checks the configuration's `tokens.issuers`.
#ifndef WARDEN_INTERCEPTORS_ISSUER_CONFIG_H_
#define WARDEN_INTERCEPTORS_ISSUER_CONFIG_H_

#include <string_view>

#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "warden/v1/config.pb.h"

namespace warden {

// What can be checked without files and servers. `path` is the issuer's: tokens.issuers[0].
void CheckIssuer(const v1::IssuerConfig& issuer, std::string_view path, const SourceMap& places,
                 ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ISSUER_CONFIG_H_
