#include "interceptors/grpc/service_check.h"

#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "interceptors/grpc/gate.h"
#include "interceptors/grpc/private_access.h"

namespace warden {
namespace {

using grpc::internal::RpcMethod;

void AddUnguarded(const std::string& method, ProblemList* problems) {
  problems->Add(method,
                "is served around the gate; register its service with warden::ServerBuilder, or "
                "name the method in `unguarded_methods` if it may go unguarded");
}

class PluginCheck final : public grpc::ServerBuilderPlugin {
 public:
  PluginCheck(MethodNames gated_services, MethodNames unguarded)
      : gated_services_(std::move(gated_services)), unguarded_(std::move(unguarded)) {}

  std::string name() override { return "warden.plugin_check"; }
  void InitServer(grpc::ServerInitializer* initializer) override {
    ProblemList problems;
    for (const std::string& service : *initializer->GetServiceList()) {
      if (!gated_services_.contains(service)) CheckNamedService(service, unguarded_, &problems);
    }
    if (!problems.empty()) throw StartRefused(std::string(problems.ToStatus().message()));
  }
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}

 private:
  const MethodNames gated_services_;
  const MethodNames unguarded_;
};

class PluginCheckOption final : public grpc::ServerBuilderOption {
 public:
  PluginCheckOption(MethodNames gated_services, MethodNames unguarded)
      : gated_services_(std::move(gated_services)), unguarded_(std::move(unguarded)) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<PluginCheck>(gated_services_, unguarded_));
  }

 private:
  const MethodNames gated_services_;
  const MethodNames unguarded_;
};

}  // namespace

void ListMethods(const grpc::Service& service, std::vector<ServedMethod>* methods,
                 ProblemList* problems) {
  for (const auto& method : grpc_private::MethodsOf(service)) {
    const ApiKind api = ApiKindOf(method.get());
    if (api == ApiKind::kUngateable) {
      problems->Add(method == nullptr ? "a generic method" : method->name(),
                    "cannot be gated: only the sync and the callback API can. Give the service to "
                    "grpc_builder() and name its methods in `unguarded_methods` if they may go "
                    "unguarded");
      continue;
    }
    const RpcMethod::RpcType type = method->method_type();
    methods->push_back({.name = method->name(),
                        .streams_requests = type == RpcMethod::CLIENT_STREAMING ||
                                            type == RpcMethod::BIDI_STREAMING,
                        .parses_messages = api != ApiKind::kRawCallback});
  }
}

void CheckDirectService(const grpc::Service& service, const MethodNames& unguarded,
                        ProblemList* problems) {
  for (const auto& method : grpc_private::MethodsOf(service)) {
    if (method == nullptr) {
      problems->Add("a generic method", "cannot be served: it would answer for any name");
    } else if (!unguarded.contains(method->name())) {
      AddUnguarded(method->name(), problems);
    }
  }
}

void CheckNamedService(std::string_view service, const MethodNames& unguarded,
                       ProblemList* problems) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  if (descriptor == nullptr) {
    problems->Add(std::string(service),
                  "is served around the gate and its methods are unknown: its descriptor is not "
                  "linked in");
    return;
  }
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const std::string method =
        absl::StrCat("/", descriptor->full_name(), "/", descriptor->method(i)->name());
    if (!unguarded.contains(method)) AddUnguarded(method, problems);
  }
}

std::unique_ptr<grpc::ServerBuilderOption> MakePluginCheck(MethodNames gated_services,
                                                           MethodNames unguarded) {
  return std::make_unique<PluginCheckOption>(std::move(gated_services), std::move(unguarded));
}

}  // namespace warden
