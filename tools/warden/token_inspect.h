// `warden token inspect`: what does this token say, and what would be refused?
#ifndef WARDEN_TOOLS_WARDEN_TOKEN_INSPECT_H_
#define WARDEN_TOOLS_WARDEN_TOKEN_INSPECT_H_

#include <CLI/CLI.hpp>

namespace warden::cli {

void AddTokenInspect(CLI::App& token, int* status);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_TOKEN_INSPECT_H_
