// Compares a guarded server with a bare one, in turns within one run: requests per second, server
// CPU per RPC, latency, and their ratios; then what refused calls cost beside allowed ones.
//
//   rpc_bench [--rounds 9] [--calls 20000] [--connections 4] [--depth 8]
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/bench/load.h"
#include "tests/bench/servers.h"

namespace warden::testing {
namespace {

struct Options {
  int rounds = 9;
  int calls = 20'000;
  int connections = 4;
  int depth = 8;
  std::string only;  // of the refused cases
};

struct Sample {
  double per_second = 0;
  double cpu_us = 0;  // of the server, per RPC
  double p50_us = 0;
  double p99_us = 0;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double MedianOf(const std::vector<Sample>& samples, double Sample::*figure) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(sample.*figure);
  return Median(std::move(values));
}

// The median of the ratios of neighbouring rounds: what drifts with the machine drops out.
double MedianRatio(const std::vector<Sample>& a, const std::vector<Sample>& b,
                   double Sample::*figure) {
  std::vector<double> ratios;
  for (size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i].*figure / b[i].*figure);
  return Median(std::move(ratios));
}

v1::EchoRequest GoodRequest() {
  v1::EchoRequest request;
  request.set_id("01902f4e-77aa-7bcd-8ef0-123456789abc");
  request.set_name("A set of ten teaspoons");
  request.set_email("someone@shop.example");
  request.set_quantity(10);
  request.set_price(12.5);
  request.add_tags("kitchen");
  request.add_tags("gift");
  request.set_version(3);
  request.set_currency("EUR");
  request.set_payload(std::string(128, 'x'));
  request.set_note("leave it with the neighbour");
  return request;
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        world_({.extra_config = "request:\n  max_violations: 16\n",  // the defaults of Warden
                .register_probe = false,
                .record = false}),
        bare_(ServerProcess::Kind::kBare, &world_),
        guarded_(ServerProcess::Kind::kGuarded, &world_) {
    bare_connections_ = Connect(bare_.port());
    guarded_connections_ = Connect(guarded_.port());
    good_.authorization = "Bearer " + world_.Token("alice", {"caller"});
    good_.request = GoodRequest();
    good_.calls = options.calls;
    good_.per_connection = options.depth;
  }

  int Run() {
    std::vector<Sample> bare, guarded;
    Measure(bare_, bare_connections_, good_, true);  // warm-up of both
    Measure(guarded_, guarded_connections_, good_, true);
    for (int i = 0; i < options_.rounds; ++i) {
      bare.push_back(Measure(bare_, bare_connections_, good_, true));
      guarded.push_back(Measure(guarded_, guarded_connections_, good_, true));
    }
    std::printf("%-26s %10s %10s %9s %9s\n", "", "calls/s", "CPU us/RPC", "p50 us", "p99 us");
    Print("bare gRPC", bare);
    Print("guarded", guarded);
    std::printf("%-26s %10.3f %10.3f %9.3f %9.3f\n", "guarded / bare",
                MedianRatio(guarded, bare, &Sample::per_second),
                MedianRatio(guarded, bare, &Sample::cpu_us),
                MedianRatio(guarded, bare, &Sample::p50_us),
                MedianRatio(guarded, bare, &Sample::p99_us));
    return Refusals() ? 0 : 1;
  }

 private:
  std::vector<std::shared_ptr<grpc::Channel>> Connect(int port) {
    std::vector<std::shared_ptr<grpc::Channel>> connections;
    for (int i = 0; i < options_.connections; ++i) {
      const Certificate identity = world_.Identity("spiffe://probe.test/client");
      connections.push_back(world_.ConnectTo(port, &identity));
    }
    return connections;
  }

  // Exits where calls end otherwise than they should: such figures would mean nothing.
  Sample Measure(const ServerProcess& server,
                 const std::vector<std::shared_ptr<grpc::Channel>>& connections,
                 const LoadSpec& spec, bool allowed) {
    const int64_t before = server.CpuNanos();
    const LoadResult result = RunLoad(connections, spec);
    const auto cpu = static_cast<double>(server.CpuNanos() - before);
    // One call of a scarce method may pass.
    if ((allowed ? result.refused : result.ok) > (allowed ? 0 : 1)) {
      std::fprintf(stderr, "%s: %d OK, %d refused\n", spec.method.c_str(), result.ok,
                   result.refused);
      std::exit(1);
    }
    return {.per_second = result.PerSecond(),
            .cpu_us = cpu / 1000 / (result.ok + result.refused),
            .p50_us = result.MicrosAt(0.5),
            .p99_us = result.MicrosAt(0.99)};
  }

  void Print(const char* name, const std::vector<Sample>& samples) {
    std::printf("%-26s %10.0f %10.2f %9.1f %9.1f\n", name, MedianOf(samples, &Sample::per_second),
                MedianOf(samples, &Sample::cpu_us), MedianOf(samples, &Sample::p50_us),
                MedianOf(samples, &Sample::p99_us));
  }

  bool Refusals() {
    std::printf("\n%-26s %10s %10s   beside an allowed call of the same turn\n", "refused calls",
                "CPU us/RPC", "ratio");
    LoadSpec no_token = good_, role = good_, scarce = good_, field = good_, forged = good_;
    no_token.authorization.clear();
    role.method = "/warden.testing.v1.Echo/Restricted";
    scarce.method = "/warden.testing.v1.Echo/Scarce";
    field.request.set_email("nobody");
    forged.authorization.back() = forged.authorization.back() == 'A' ? 'Q' : 'A';
    PrintRefusal("no token", no_token);
    PrintRefusal("role without permission", role);
    PrintRefusal("over the limit", scarce);
    PrintRefusal("invalid field", field);
    PrintRefusal("forged signature", forged);
    // The same answer as for a missing permission, by a handler of the bare server.
    PrintRefusal("bare gRPC's own, role", role, bare_, bare_connections_);
    return true;
  }

  void PrintRefusal(const char* name, const LoadSpec& spec) {
    PrintRefusal(name, spec, guarded_, guarded_connections_);
  }
  void PrintRefusal(const char* name, const LoadSpec& spec, const ServerProcess& server,
                    const std::vector<std::shared_ptr<grpc::Channel>>& connections) {
    if (!options_.only.empty() && options_.only != name) return;
    std::vector<Sample> allowed, refused;
    for (int i = 0; i < options_.rounds; ++i) {
      allowed.push_back(Measure(server, connections, good_, true));
      refused.push_back(Measure(server, connections, spec, false));
    }
    std::printf("%-26s %10.2f %10.3f\n", name, MedianOf(refused, &Sample::cpu_us),
                MedianRatio(refused, allowed, &Sample::cpu_us));
  }

  const Options options_;
  World world_;
  ServerProcess bare_, guarded_;
  std::vector<std::shared_ptr<grpc::Channel>> bare_connections_, guarded_connections_;
  LoadSpec good_;
};

}  // namespace
}  // namespace warden::testing

int main(int argc, char** argv) {
  warden::testing::Options options;
  CLI::App app{"Compares a guarded gRPC server with a bare one over mTLS on loopback"};
  app.add_option("--rounds", options.rounds, "turns of each server")->check(CLI::Range(1, 1000));
  app.add_option("--calls", options.calls, "calls of each turn")->check(CLI::Range(1, 100000000));
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 256));
  app.add_option("--depth", options.depth, "calls under way per connection")
      ->check(CLI::Range(1, 1024));
  app.add_option("--only", options.only,
                 "of the refused calls, only this row, such as \"no token\"");
  CLI11_PARSE(app, argc, argv);
  return warden::testing::Bench(options).Run();
}
