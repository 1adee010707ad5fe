// `warden token verify`: is this token good?
#ifndef WARDEN_TOOLS_WARDEN_TOKEN_VERIFY_H_
#define WARDEN_TOOLS_WARDEN_TOKEN_VERIFY_H_

#include <CLI/CLI.hpp>

namespace warden::cli {

void AddTokenVerify(CLI::App& token, int* status);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_TOKEN_VERIFY_H_
