#include "tools/warden/commands.h"

namespace warden::cli {

void AddMessageCommands(CLI::App&, int*) {}

}  // namespace warden::cli
