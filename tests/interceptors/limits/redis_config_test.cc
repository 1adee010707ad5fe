// From what `limits.redis` says to a store that decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/guard_redis.h"
#include "interceptors/guard_shared_limits.h"
#include "limits_test.pb.h"
#include "tests/interceptors/limits/redis_ask.h"
#include "tests/support/redis_fleet.h"

namespace warden {
namespace {

using testing::ClusterFleet;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SentinelFleet;

LoadedConfig Parsed(const std::string& yaml) {
  LoadedConfig loaded;
  const absl::Status status = LoadYaml(yaml, "server.yaml", &loaded.config, &loaded.places);
  EXPECT_TRUE(status.ok()) << status;
  return loaded;
}

// A method with so many shared limits.
std::deque<GuardedMethod> Methods(size_t shared) {
  std::deque<GuardedMethod> methods(1);
  limits_test::InLimits::descriptor();  // so that its file is linked
  methods[0].descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      "warden.limits_test.Plain.Longest");
  methods[0].limits.resize(shared + 1);
  for (size_t i = 0; i < shared; ++i) methods[0].limits[i].store = Limit::Store::kShared;
  return methods;
}

// What stops the start; "" where nothing does.
std::string Problems(const std::string& redis, size_t shared = 1) {
  ProblemList problems;
  CheckSharedLimits(Parsed(absl::StrCat("limits:\n  redis: {", redis, "}\n")), Methods(shared),
                    &problems);
  return std::string(problems.ToStatus().message());
}

TEST(RedisConfigTest, OneWayToTheServerIsSaid) {
  EXPECT_EQ(Problems("address: \"r:6379\""), "");
  EXPECT_EQ(Problems("address: \"unix:/run/redis\""), "");
  EXPECT_EQ(Problems("sentinels: [\"a:26379\", \"[::1]:26379\"], sentinel_master: my-master.1"),
            "");
  EXPECT_EQ(Problems("address: \"a:1\", cluster: true, nodes: [\"b:1\"]"), "");
  EXPECT_THAT(Problems("username: u"), HasSubstr("limits.redis.address: is required"));
  EXPECT_THAT(Problems("cluster: true"), HasSubstr("limits.redis.address: is required"));
}

TEST(RedisConfigTest, WhatContradictsStopsTheStart) {
  const std::string error = Problems(
      "address: \"r:1\", cluster: true, sentinels: [\"a:1\", \"unix:/x\", nowhere], "
      "sentinel_username: u, sentinel_password_file: /none/such");
  EXPECT_THAT(error, HasSubstr("server.yaml:2:"));
  EXPECT_THAT(error, HasSubstr("limits.redis.address: the Sentinels name it"));
  EXPECT_THAT(error, HasSubstr("limits.redis.cluster: a Cluster has no Sentinels"));
  EXPECT_THAT(error, HasSubstr("limits.redis.sentinels[1]: must be HOST:PORT"));
  EXPECT_THAT(error, HasSubstr("limits.redis.sentinels[2]: must be HOST:PORT"));
  EXPECT_THAT(error, Not(HasSubstr("sentinels[0]")));
  EXPECT_THAT(error, HasSubstr("limits.redis.sentinel_master: is required with sentinels"));
  EXPECT_THAT(error, HasSubstr("limits.redis.sentinel_password_file: "));
  EXPECT_THAT(Problems("sentinels: [\"a:1\"], sentinel_master: \"a b\""),
              HasSubstr("limits.redis.sentinel_master: must be of letters"));
  EXPECT_THAT(Problems("sentinels: [\"a:1\"], sentinel_master: m, sentinel_username: u"),
              HasSubstr("limits.redis.sentinel_username: needs sentinel_password_file"));
  const std::string alone = Problems(
      "address: \"r:1\", nodes: [\"b:1\"], sentinel_master: m, sentinel_username: u, "
      "sentinel_password_file: f");
  EXPECT_THAT(alone, HasSubstr("limits.redis.nodes: needs cluster: true"));
  EXPECT_THAT(alone, HasSubstr("limits.redis.sentinel_master: needs sentinels"));
  EXPECT_THAT(alone, HasSubstr("limits.redis.sentinel_username: needs sentinels"));
  EXPECT_THAT(alone, HasSubstr("limits.redis.sentinel_password_file: needs sentinels"));
  EXPECT_THAT(Problems("address: \"unix:/x\", cluster: true, nodes: [\"b:1\", b]"),
              HasSubstr("limits.redis.address: must be HOST:PORT"));
  EXPECT_THAT(Problems("address: \"a:1\", cluster: true, nodes: [\"b:1\", b]"),
              HasSubstr("limits.redis.nodes[1]: must be HOST:PORT"));
  const std::vector<std::string> many(33, "\"a:1\"");
  EXPECT_THAT(Problems(absl::StrCat("sentinels: [", absl::StrJoin(many, ","), "]")),
              HasSubstr("limits.redis.sentinels: more than 32"));
}

TEST(RedisConfigTest, InAClusterAMethodHasOneSharedLimit) {
  EXPECT_EQ(Problems("address: \"a:1\"", 2), "");
  EXPECT_EQ(Problems("sentinels: [\"a:1\"], sentinel_master: m", 2), "");
  EXPECT_EQ(Problems("address: \"a:1\", cluster: true", 1), "");
  const std::string error = Problems("address: \"a:1\", cluster: true", 2);
  EXPECT_THAT(error,
              HasSubstr("warden.limits_test.Plain.Longest: rate_limit: 2 limits are SHARED"));
  EXPECT_THAT(error, HasSubstr("limits_test.proto:"));
}

TEST(RedisConfigTest, OtherPartsTakeASingleServer) {
  const auto check = [](const std::string& redis) {
    const LoadedConfig config = Parsed(absl::StrCat("abuse:\n  redis: {", redis, "}\n"));
    ProblemList problems;
    ReadSingleRedis(config, config.config.abuse().redis(), "abuse.redis", &problems);
    return std::string(problems.ToStatus().message());
  };
  EXPECT_EQ(check("address: \"a:1\""), "");
  const std::string error = check(
      "sentinels: [\"a:1\"], sentinel_master: m, cluster: true, nodes: [\"a:1\"], "
      "sentinel_username: u, sentinel_password_file: f");
  for (const char* const key : {"sentinels", "sentinel_master", "sentinel_username",
                                "sentinel_password_file", "cluster", "nodes"}) {
    EXPECT_THAT(error, HasSubstr(absl::StrCat("server.yaml:2:"))) << key;
    EXPECT_THAT(error, HasSubstr(absl::StrCat("abuse.redis.", key, ": is not supported here")));
  }
}

SharedLimits Made(const std::string& redis) {
  const LoadedConfig config =
      Parsed(absl::StrCat("limits:\n  store_timeout: 5s\n  redis: {", redis, "}\n"));
  ProblemList problems;
  const std::deque<GuardedMethod> methods = Methods(1);
  CheckSharedLimits(config, methods, &problems);
  EXPECT_TRUE(problems.empty()) << problems.ToStatus();
  return MakeSharedLimits(config, methods);
}

double Up(const SharedLimits& limits) {
  for (const prometheus::MetricFamily& family : limits.families()) {
    if (family.name == "warden_limit_store_up") return family.metric.at(0).gauge.value;
  }
  return -1;
}

TEST(RedisConfigTest, SentinelsAreAsked) {
  SentinelFleet fleet(1);
  const auto limits =
      Made(absl::StrCat("sentinels: [\"", fleet.sentinels()[0], "\"], sentinel_master: mymaster"));
  EXPECT_EQ(Up(limits), 1);
  EXPECT_EQ(AdmittedOf(*limits.store, AskOf("b", 3), 5), 3);
  EXPECT_THAT(fleet.first().Command({"KEYS", "*"}), HasSubstr("warden:limit:{"));
  const auto other =
      Made(absl::StrCat("sentinels: [\"", fleet.sentinels()[0], "\"], sentinel_master: other"));
  EXPECT_EQ(Up(other), 0);
}

TEST(RedisConfigTest, TheClusterIsLearntFromAnyNodeThatAnswers) {
  ClusterFleet fleet;
  const auto limits = Made(absl::StrCat("address: \"127.0.0.1:", testing::FreePort(),
                                        "\", cluster: true, nodes: [\"", fleet.node(2).address(),
                                        "\"], key_prefix: \"shop:\""));
  EXPECT_EQ(Up(limits), 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(AdmittedOf(*limits.store, AskOf(absl::StrCat("b", i), 3), 5), 3);
  }
  EXPECT_EQ(fleet.Keys("shop:limit:").size(), 20u);
}

}  // namespace
}  // namespace warden
