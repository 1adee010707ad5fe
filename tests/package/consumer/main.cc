// greeter CONFIG [forgotten]: serves on a free port of loopback, which it prints, until it is
// killed.
#include <iostream>
#include <utility>

#include "greeter/v1/greeter.grpc.pb.h"
#include "interceptors/grpc/caller.h"
#include "interceptors/grpc/server_builder.h"

class Greeter final : public greeter::v1::Greeter::Service {
  grpc::Status Greet(grpc::ServerContext* context, const greeter::v1::GreetRequest* request,
                     greeter::v1::GreetReply* reply) override {
    const auto caller = warden::CallerOf(context);
    reply->set_text("hello " + request->name() + " from " + std::string(caller->name()));
    return grpc::Status::OK;
  }
};

int main(int argc, char** argv) {
  auto config = warden::LoadConfig(argc > 1 ? argv[1] : "warden.yaml");
  if (!config.ok()) return std::cerr << config.status() << "\n", 1;
  Greeter greeter;
  greeter::v1::Forgotten::Service forgotten;
  int port = 0;
  warden::ServerBuilder builder(*std::move(config));
  builder.AddListeningPort("127.0.0.1:0", &port).RegisterService(&greeter);
  if (argc > 2) builder.RegisterService(&forgotten);
  auto server = builder.BuildAndStart();
  if (!server.ok()) return std::cerr << server.status() << "\n", 1;
  std::cout << port << std::endl;
  (*server)->Wait();
}
