#include <exception>
#include <iostream>

#include "tools/warden/commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "warden: checks tokens, policies, messages and protos, and makes API keys, with the code "
      "that the server runs"};
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  int status = warden::cli::kYes;
  warden::cli::AddTokenCommands(app, &status);
  warden::cli::AddKeysCommands(app, &status);
  warden::cli::AddMessageCommands(app, &status);
  warden::cli::AddProtoCommands(app, &status);
  warden::cli::AddAccessCommands(app, &status);
  warden::cli::AddPolicyCommands(app, &status);
  warden::cli::AddRevocationCommands(app, &status);
  warden::cli::AddApiKeyCommands(app, &status);
  warden::cli::AddAuditCommands(app, &status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version end with 0; every other parse error is one of usage.
    return app.exit(error) == 0 ? warden::cli::kYes : warden::cli::kUsage;
  } catch (const std::exception& error) {
    std::cerr << "warden: " << error.what() << '\n';
    return warden::cli::kUsage;
  }
  return status;
}
