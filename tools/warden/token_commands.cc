#include "tools/warden/commands.h"

namespace warden::cli {

void AddTokenCommands(CLI::App&, int*) {}

}  // namespace warden::cli
