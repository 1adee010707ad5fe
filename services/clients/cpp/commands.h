// The client's subcommands, one for each method of the order service.
#ifndef WARDEN_SERVICES_CLIENTS_CPP_COMMANDS_H_
#define WARDEN_SERVICES_CLIENTS_CPP_COMMANDS_H_

#include <functional>

#include "CLI/CLI.hpp"
#include "services/clients/cpp/connection.h"
#include "services/clients/cpp/printer.h"

namespace orders::client {

// Makes the call and prints how it went. Returns the exit code: 0 for OK, 1 for a refusal, 2 for
// unusable input.
using Command = std::function<int(Connection&, const Printer&)>;

// Adds the subcommands to `app`. Parsing sets `*chosen` to the one that was named.
void AddCommands(CLI::App& app, Command* chosen);

}  // namespace orders::client

#endif  // WARDEN_SERVICES_CLIENTS_CPP_COMMANDS_H_
