// A fixture for the services by which admins change a list while the server runs.
#ifndef WARDEN_TESTS_E2E_ADMIN_SERVICE_TEST_H_
#define WARDEN_TESTS_E2E_ADMIN_SERVICE_TEST_H_

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/e2e/world.h"

namespace warden::testing {

// Role -> its permissions, a list of YAML.
using RolePermissions = std::map<std::string, std::string>;

// A policy of these roles besides the probe's. Who has one is said by the claim `roles`.
inline std::string PolicyOf(RolePermissions roles) {
  roles.insert(
      {{"caller", "[probe.call]"}, {"admin", "[probe.admin]"}, {"auditor", "[probe.audit]"}});
  std::string policy = "roles:\n";
  std::string bindings = "bindings:\n";
  for (const auto& [role, permissions] : roles) {
    absl::StrAppend(&policy, "  ", role, ": {permissions: ", permissions, "}\n");
    absl::StrAppend(&bindings, "  - {roles: [", role, "], claim: {path: roles, values: [", role,
                    "]}}\n");
  }
  return policy + bindings;
}

// `Admin` is the implementation of the service `Api`, which gRPC made of its proto.
template <typename Admin, typename Api>
class AdminServiceTest : public ::testing::Test {
 protected:
  using Stub = typename Api::Stub;

  // `prepare` writes files before the server starts.
  void Serve(const RolePermissions& roles, const std::string& config,
             const std::function<void(const World&)>& prepare) {
    world_.emplace(WorldOptions{
        .policy = PolicyOf(roles),
        .extra_config = config,
        .customize = [this](ServerBuilder& builder) { builder.RegisterService(&admin_); }});
    prepare(*world_);
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
    // A peer of its own, which blocks of others leave alone.
    const Certificate identity = world_->Identity("spiffe://probe.test/operator");
    stub_ = Api::NewStub(world_->Connect(&identity));
  }

  // Makes a call as somebody with the role; as nobody where it is "".
  template <typename Request, typename Response>
  grpc::StatusCode Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request, Response* response, const std::string& role) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    if (!role.empty()) {
      context.AddMetadata("authorization", "Bearer " + world_->Token("root", {role}));
    }
    return (*stub_.*method)(&context, request, response).error_code();
  }

  Admin admin_;
  std::optional<World> world_;
  std::unique_ptr<Stub> stub_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_ADMIN_SERVICE_TEST_H_
