// What a file's bytes must be before they are parsed as YAML. Internal to authz.
#ifndef WARDEN_AUTHZ_CONFIG_YAML_TEXT_H_
#define WARDEN_AUTHZ_CONFIG_YAML_TEXT_H_

#include <string_view>

#include "authz/config/problem.h"

namespace warden {

// Adds a problem for each line with a tab or another control character and for the first byte that
// is not UTF-8 (RFC 3629: no overlong forms, no surrogates). Returns whether there was none.
bool CheckYamlText(std::string_view text, std::string_view file_name, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_YAML_TEXT_H_
