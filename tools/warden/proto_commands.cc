#include "tools/warden/commands.h"

namespace warden::cli {

void AddProtoCommands(CLI::App&, int*) {}

}  // namespace warden::cli
