// `warden token mint` and `warden token keygen`: tokens and keys for development.
#ifndef WARDEN_TOOLS_WARDEN_TOKEN_MINT_H_
#define WARDEN_TOOLS_WARDEN_TOKEN_MINT_H_

#include <CLI/CLI.hpp>

namespace warden::cli {

void AddTokenMint(CLI::App& token, int* status);
void AddTokenKeygen(CLI::App& token, int* status);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_TOKEN_MINT_H_
