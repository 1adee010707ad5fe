// The verbs of the `warden` command line. Each Add… function registers one group of subcommands; a
// verb's callback does its work, prints to stdout and leaves its exit status in *status: 0 yes, 1
// no, 2 bad usage or unreadable input.
#ifndef WARDEN_TOOLS_WARDEN_COMMANDS_H_
#define WARDEN_TOOLS_WARDEN_COMMANDS_H_

#include <CLI/CLI.hpp>

namespace warden::cli {

inline constexpr int kYes = 0;
inline constexpr int kNo = 1;
inline constexpr int kUsage = 2;

void AddAccessCommands(CLI::App& app, int* status);      // access matrix, explain, diff
void AddApiKeyCommands(CLI::App& app, int* status);      // apikey create, list, rotate, ...
void AddAuditCommands(CLI::App& app, int* status);       // audit verify, tail
void AddKeysCommands(CLI::App& app, int* status);        // keys check
void AddMessageCommands(CLI::App& app, int* status);     // message validate
void AddPolicyCommands(CLI::App& app, int* status);      // policy test
void AddProtoCommands(CLI::App& app, int* status);       // proto lint
void AddRevocationCommands(CLI::App& app, int* status);  // revoke, revocations list and lift
void AddTokenCommands(CLI::App& app, int* status);       // token inspect, verify, mint, keygen

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_COMMANDS_H_
