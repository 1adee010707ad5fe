#include "tools/warden/commands.h"

namespace warden::cli {

void AddAccessCommands(CLI::App&, int*) {}

}  // namespace warden::cli
