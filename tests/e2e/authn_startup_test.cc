// Servers that must not start for their `authn` or their API keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/key_world.h"
#include "warden/testing/v1/authn.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Of a world without API keys.
template <typename Service>
std::string RefusalOf() {
  Service service;
  World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&service); }});
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument) << started;
  return std::string(started.message());
}

std::string RefusalOf(const std::string& config, const std::string& keys = "keys: {}\n",
                      const std::string& policy = "") {
  World world({.policy = policy, .extra_config = config});
  world.Write("keys.yaml", keys);
  world.Write("keys.secret", std::string(32, 's'));
  world.Write("short.secret", std::string(31, 's'));
  const absl::Status started = world.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument) << started;
  return std::string(started.message());
}

TEST(AuthnStartup, RefusesAnnotationsThatCannotBeMet) {
  EXPECT_THAT(RefusalOf<v1::AuthnOnPublic::Service>(),
              AllOf(HasSubstr("AuthnOnPublic.Call"), HasSubstr("`public` needs no credentials")));
  EXPECT_THAT(RefusalOf<v1::AuthnThatIsWrong::Service>(),
              AllOf(HasSubstr("AuthnThatIsWrong.Call"), HasSubstr("has 0, which is none of"),
                    HasSubstr("PEER twice"), HasSubstr("in `any` and in `all`")));
  EXPECT_THAT(RefusalOf<v1::AuthnByKeyAlone::Service>(),
              AllOf(HasSubstr("AuthnByKeyAlone.Call"), HasSubstr("API_KEY needs `api_keys`")));
}

TEST(AuthnStartup, RefusesDefaultsThatCannotBeMet) {
  EXPECT_THAT(RefusalOf("authn: {any: [API_KEY]}\n"),
              AllOf(HasSubstr("warden.yaml:"), HasSubstr("API_KEY needs `api_keys`")));
  EXPECT_THAT(RefusalOf("authn: {any: [PEER], all: [PEER]}\n"), HasSubstr("in `any` and in `all`"));
  EXPECT_THAT(RefusalOf("authn: {any: [PEER, PEER]}\n"), HasSubstr("twice"));
  EXPECT_THAT(RefusalOf("authn: {any: [PASSWORD]}\n"), HasSubstr("PASSWORD"));
}

TEST(ApiKeyStartup, RefusesWrongConfigurations) {
  EXPECT_THAT(RefusalOf("api_keys: {hash_secret_file: keys.secret}\n"),
              HasSubstr("exactly one of `file` and `sqlite_file`"));
  EXPECT_THAT(
      RefusalOf("api_keys: {file: keys.yaml, sqlite_file: k.db, hash_secret_file: keys.secret}\n"),
      HasSubstr("exactly one of `file` and `sqlite_file`"));
  EXPECT_THAT(RefusalOf("api_keys: {file: keys.yaml}\n"),
              AllOf(HasSubstr("warden.yaml:"), HasSubstr("hash_secret_file: is required")));
  EXPECT_THAT(RefusalOf("api_keys: {file: keys.yaml, hash_secret_file: short.secret}\n"),
              AllOf(HasSubstr("short.secret"), HasSubstr("32")));
  EXPECT_THAT(RefusalOf("api_keys: {file: keys.yaml, hash_secret_file: absent.secret}\n"),
              HasSubstr("absent.secret"));
  EXPECT_THAT(RefusalOf("api_keys: {file: absent.yaml, hash_secret_file: keys.secret}\n"),
              HasSubstr("absent.yaml"));
  EXPECT_THAT(RefusalOf("api_keys: {sqlite_file: absent.db, hash_secret_file: keys.secret}\n"),
              HasSubstr("absent.db"));
  EXPECT_THAT(RefusalOf("api_keys: {file: keys.yaml, hash_secret_file: keys.secret, "
                        "reload_interval: 10ms}\n"),
              HasSubstr("must be 100ms to 1d"));
  EXPECT_THAT(RefusalOf("api_keys: {file: keys.yaml, hash_secret_file: keys.secret}\n",
                        "keys:\n  Wrong: {subject: s}\n"),
              AllOf(HasSubstr("keys.yaml:2:3"), HasSubstr("is not a valid id")));
}

TEST(ApiKeyStartup, RefusesBindingsByKeysWhereThereAreNone) {
  const std::string policy =
      "roles: {caller: {permissions: [probe.call, probe.admin, probe.audit]}}\n"
      "bindings:\n"
      "  - {roles: [caller], api_key: {ids: [billing]}}\n";
  EXPECT_THAT(RefusalOf("", "", policy),
              AllOf(HasSubstr("policy.yaml:3:"), HasSubstr("can never hold")));
}

}  // namespace
}  // namespace warden::testing
