// Services that gRPC registers by itself: health and reflection. A program of its own: linking
// gRPC's reflection library switches it on for every server of the process.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

#include "tests/e2e/counted.h"
#include "tests/e2e/world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

std::string Unguarded(const std::vector<std::string>& methods) {
  std::string text = "unguarded_methods:\n";
  for (const std::string& method : methods) text += "  - " + method + "\n";
  return text;
}

TEST(PluginsTest, ReflectionIsRefusedWhereItIsNotNamed) {
  World world;
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument) << started;
  EXPECT_THAT(std::string(started.message()), HasSubstr(kReflection));
}

TEST(PluginsTest, ReflectionIsServedWhereItIsNamed) {
  World world({.extra_config = Unguarded({kReflection})});
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  // ServerReflectionRequest{list_services: "*"}
  const Answer answer =
      Perform(world.channel(), {.method = kReflection, .messages = {"\x3a\x01*"}});
  EXPECT_TRUE(answer.ok()) << answer.text;
  ASSERT_EQ(answer.replies.size(), 1u);
  EXPECT_THAT(answer.replies.front(), HasSubstr("warden.testing.v1.Probe"));
  const Counted before(world);
  before.ExpectRefused("Unary", Perform(world.channel(), World::Call("Unary", "")), kNoCredentials);
}

// Switches the health service on for the servers of its lifetime.
class Health {
 public:
  Health() { grpc::EnableDefaultHealthCheckService(true); }
  ~Health() { grpc::EnableDefaultHealthCheckService(false); }
};

TEST(PluginsTest, HealthIsRefusedWhereItIsNotNamed) {
  const Health health;
  World none({.extra_config = Unguarded({kReflection})});
  const absl::Status started = none.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument) << started;
  EXPECT_THAT(std::string(started.message()), HasSubstr(kCheck));
  EXPECT_THAT(std::string(started.message()), HasSubstr(kWatch));

  World one({.extra_config = Unguarded({kReflection, kCheck})});
  const absl::Status half = one.Start();
  EXPECT_THAT(std::string(half.message()), Not(HasSubstr(kCheck)));
  EXPECT_THAT(std::string(half.message()), HasSubstr(kWatch));
}

TEST(PluginsTest, HealthIsServedWhereItIsNamed) {
  const Health health;
  World world({.extra_config = Unguarded({kReflection, kCheck, kWatch})});
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  const Answer answer = Perform(world.channel(), {.method = kCheck, .messages = {""}});
  EXPECT_TRUE(answer.ok()) << answer.text;
  const Counted before(world);
  before.ExpectRefused("Unary", Perform(world.channel(), World::Call("Unary", "")), kNoCredentials);
}

}  // namespace
}  // namespace warden::testing
