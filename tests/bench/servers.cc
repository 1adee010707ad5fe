#include "tests/bench/servers.h"

#include <grpcpp/grpcpp.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "interceptors/grpc/tls.h"
#include "interceptors/port_settings.h"
#include "interceptors/refusal.h"
#include "warden/testing/v1/bench.grpc.pb.h"

namespace warden::testing {
namespace {

class EchoService final : public v1::Echo::CallbackService {
 public:
  // With `refuses`, Restricted answers as Warden does where a permission is missing: what gRPC
  // alone spends on such an answer.
  explicit EchoService(bool refuses) : refuses_(refuses) {}

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const v1::EchoRequest* request, v1::EchoReply* reply) override {
    return Reply(context, *request, reply);
  }
  grpc::ServerUnaryReactor* Restricted(grpc::CallbackServerContext* context,
                                       const v1::EchoRequest* request,
                                       v1::EchoReply* reply) override {
    if (!refuses_) return Reply(context, *request, reply);
    context->AddTrailingMetadata("x-request-id", "01902f4e-77aa-7bcd-8ef0-123456789abc");
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "permission denied",
                                 SerializedPublicStatus({.reason = Reason::kPermissionDenied})));
    return reactor;
  }
  grpc::ServerUnaryReactor* Scarce(grpc::CallbackServerContext* context,
                                   const v1::EchoRequest* request, v1::EchoReply* reply) override {
    return Reply(context, *request, reply);
  }

 private:
  static grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context,
                                         const v1::EchoRequest& request, v1::EchoReply* reply) {
    reply->set_id(request.id());
    reply->set_payload(request.payload());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const bool refuses_;
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "benchmark server: %s\n", why.c_str());
  _exit(1);
}

void Announce(int port, int fd) {
  if (write(fd, &port, sizeof(port)) != sizeof(port)) Die("cannot tell the port");
}

// Blocks until the benchmark has gone or closed its end.
[[noreturn]] void ServeUntilClosed(int lifeline) {
  char byte = 0;
  while (read(lifeline, &byte, 1) > 0) {
  }
  _exit(0);
}

void ServeBare(const World& world, int announce, int lifeline) {
  absl::StatusOr<LoadedConfig> config = LoadConfig((world.folder() / "warden.yaml").string());
  if (!config.ok()) Die(config.status().ToString());
  auto certificates =
      TlsSource::Create(TlsFilesOf(*config, SettingsOfPort(config->config, "")), absl::Now());
  if (!certificates.ok()) Die(certificates.status().ToString());
  EchoService service(/*refuses=*/true);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", MakeServerCredentials(*certificates), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Die("cannot start");
  Announce(port, announce);
  ServeUntilClosed(lifeline);
}

void ServeGuarded(World* world, int announce, int lifeline) {
  EchoService service(/*refuses=*/false);
  world->SetCustomize([&service](ServerBuilder& builder) { builder.RegisterService(&service); });
  if (const absl::Status status = world->Start(); !status.ok()) Die(status.ToString());
  Announce(world->port(), announce);
  ServeUntilClosed(lifeline);
}

}  // namespace

ServerProcess::ServerProcess(Kind kind, World* world) {
  int announce[2], lifeline[2];
  if (pipe(announce) != 0 || pipe(lifeline) != 0) Die("no pipe");
  pid_ = fork();
  if (pid_ < 0) Die("cannot fork");
  if (pid_ == 0) {
    close(announce[0]);
    close(lifeline[1]);
    if (kind == Kind::kBare) {
      ServeBare(*world, announce[1], lifeline[0]);
    } else {
      ServeGuarded(world, announce[1], lifeline[0]);
    }
    _exit(0);
  }
  close(announce[1]);
  close(lifeline[0]);
  lifeline_ = lifeline[1];
  if (read(announce[0], &port_, sizeof(port_)) != sizeof(port_)) std::exit(1);
  close(announce[0]);
}

ServerProcess::~ServerProcess() {
  close(lifeline_);
  waitpid(pid_, nullptr, 0);
}

int64_t ServerProcess::CpuNanos() const {
  clockid_t clock = 0;
  timespec used = {};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

}  // namespace warden::testing
