#include "tools/warden/commands.h"
#include "tools/warden/token_inspect.h"
#include "tools/warden/token_mint.h"
#include "tools/warden/token_verify.h"

namespace warden::cli {

void AddTokenCommands(CLI::App& app, int* status) {
  CLI::App* token =
      app.add_subcommand("token", "Verify and explain tokens; make keys and tokens to try with");
  token->require_subcommand(1);
  AddTokenVerify(*token, status);
  AddTokenInspect(*token, status);
  AddTokenMint(*token, status);
  AddTokenKeygen(*token, status);
}

}  // namespace warden::cli
