// The example's command-line client.
//
//   orders_client --target localhost:8443 --ca ca.crt --cert web.crt --key web.key --token-file
//   token create
//
// Exit code 0 for a call that was answered, 1 for one that was refused or failed, 2 for wrong
// usage.
#include <iostream>

#include "CLI/CLI.hpp"
#include "services/clients/cpp/commands.h"
#include "services/clients/cpp/connection.h"
#include "services/clients/cpp/printer.h"

namespace {

void AddConnectionFlags(CLI::App& app, orders::client::ConnectionFlags& flags) {
  app.add_option("--target", flags.target, "HOST:PORT of the server")->capture_default_str();
  app.add_option("--ca", flags.ca_file, "Certificates of who may sign the server's, in PEM")
      ->required();
  app.add_option("--cert", flags.certificate_file, "The client's certificate, in PEM");
  app.add_option("--key", flags.key_file, "The certificate's private key, in PEM");
  app.add_option("--token-file", flags.token_file, "A file with the bearer token to send");
  app.add_option("--timeout", flags.timeout_seconds, "Seconds that a call may take")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  orders::client::ConnectionFlags flags;
  orders::client::Command command;
  bool json = false;
  CLI::App app{"A client of the order service"};
  AddConnectionFlags(app, flags);
  app.add_flag("--json", json, "Print JSON: one line for each response, then one for the status");
  app.require_subcommand(1);
  app.fallthrough();  // the flags above may also follow the subcommand
  orders::client::AddCommands(app, &command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  absl::StatusOr<orders::client::Connection> connection = orders::client::Connection::Open(flags);
  if (!connection.ok()) {
    std::cerr << "orders_client: " << connection.status().message() << "\n";
    return 2;
  }
  return command(*connection, orders::client::Printer(json));
}
