// The example server: a shop's orders behind Warden.
//
//   orders_server --config services/orders/warden.yaml --listen 127.0.0.1:8443 --api callback
//
// Prints where it listens and serves until SIGTERM or SIGINT; then it says that it is not ready,
// waits the configuration's `admin.drain`, and lets the calls in progress end. SIGHUP has the audit
// log opened anew, for logrotate. Exit code 0 after a signal to stop, 1 where it cannot start
// (every problem is on stderr), 2 for wrong usage.
#include <pthread.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "interceptors/grpc/server_builder.h"
#include "services/orders/callback_service.h"
#include "services/orders/memory_store.h"
#include "services/orders/order_book.h"
#include "services/orders/sync_service.h"

namespace {

constexpr size_t kMaxOrders = 100'000;

struct Flags {
  std::string config;
  std::string listen = "127.0.0.1:8443";
  std::string api = "callback";
  std::string metrics;
  std::string admin;
  std::string audit;
  double grace_seconds = 5;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--config", flags.config, "Configuration (warden.v1.Config in YAML)")->required();
  app.add_option("--listen", flags.listen, "HOST:PORT to serve on; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--api", flags.api, "Which of gRPC's server APIs answers")
      ->check(CLI::IsMember({"sync", "callback"}))
      ->capture_default_str();
  app.add_option("--metrics", flags.metrics,
                 "HOST:PORT for Prometheus, in place of the configured");
  app.add_option("--admin", flags.admin,
                 "HOST:PORT for /healthz, /readyz, /metrics and /debug/policy");
  app.add_option("--audit", flags.audit, "File of the audit log, in place of the configured");
  app.add_option("--grace", flags.grace_seconds, "Seconds that calls in progress have to end")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
}

// Blocked before any thread is made, so that they all inherit it and only sigwait hears of these
// signals.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Until the server is to stop.
void HandleSignals(warden::Server& server, const sigset_t& signals) {
  for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
    sigwait(&signals, &signal);
    if (signal == SIGHUP) server.ReopenAudit();
  }
}

int Serve(const Flags& flags, const sigset_t& signals) {
  absl::StatusOr<warden::LoadedConfig> config = warden::LoadConfig(flags.config);
  if (!config.ok()) {
    std::cerr << "orders_server: " << config.status().message() << "\n";
    return 1;
  }
  if (!flags.metrics.empty()) config->config.mutable_metrics()->set_address(flags.metrics);
  if (!flags.admin.empty()) config->config.mutable_admin()->set_address(flags.admin);
  if (!flags.audit.empty()) {
    config->config.mutable_audit()->set_file(std::filesystem::absolute(flags.audit).string());
  }

  orders::OrderBook book(std::make_unique<orders::MemoryStore>(kMaxOrders));
  orders::SyncOrderService sync_service(&book);
  orders::CallbackOrderService callback_service(&book);

  int port = 0;
  warden::ServerBuilder builder(*std::move(config));
  builder.AddListeningPort(flags.listen, &port);
  builder.ServeHealth();
  if (flags.api == "sync") {
    builder.RegisterService(&sync_service);
  } else {
    builder.RegisterService(&callback_service);
  }
  absl::StatusOr<std::unique_ptr<warden::Server>> server = builder.BuildAndStart();
  if (!server.ok()) {
    std::cerr << "orders_server: cannot start:\n" << server.status().message() << "\n";
    return 1;
  }
  std::cout << "listening on port " << port << " (" << flags.api << " API)\n"
            << "metrics on port " << (*server)->metrics_port() << std::endl;
  if (!flags.admin.empty()) {
    std::cout << "admin on port " << (*server)->admin_port() << std::endl;
  }

  HandleSignals(**server, signals);
  std::cout << "stopping" << std::endl;
  (*server)->Drain(absl::Seconds(flags.grace_seconds));
  (*server)->Wait();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"The orders of a small shop, guarded by Warden"};
  AddFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Serve(flags, BlockSignals());
}
