#include "interceptors/port_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

using ::testing::ElementsAre;

constexpr char kConfig[] = R"(
tls: {certificate_file: a.crt, private_key_file: a.key, client_ca_file: ca.crt, reload_interval: 7s}
identity:
  trust_domains: [a, b]
  require_crl: true
  crl_files: [a.crl]
  denied_addresses: [10.0.0.0/8]
  forwarded: {proxies: ['spiffe://a/p'], required: true}
policy_file: policy.yaml
ports:
  admin:
    tls: {client_ca_file: admin.crt}
    identity: {trust_domains: [c], min_rsa_bits: 4096, forwarded: {proxies: ['spiffe://c/p']}}
  bare: {}
)";

LoadedConfig Load() {
  auto config = ParseConfig(kConfig, "warden.yaml", "/etc/warden");
  EXPECT_TRUE(config.ok()) << config.status();
  return *std::move(config);
}

TEST(PortSettingsTest, WhatAPortDoesNotSayStays) {
  const LoadedConfig config = Load();
  const PortSettings admin = SettingsOfPort(config.config, "admin");
  EXPECT_EQ(admin.tls.client_ca_file(), "admin.crt");
  EXPECT_EQ(admin.tls.certificate_file(), "a.crt");
  EXPECT_EQ(admin.reload_interval, absl::Seconds(7));
  // Lists and messages are replaced, not joined: a port must be able to say less.
  EXPECT_THAT(admin.identity.trust_domains(), ElementsAre("c"));
  EXPECT_THAT(admin.identity.forwarded().proxies(), ElementsAre("spiffe://c/p"));
  EXPECT_FALSE(admin.identity.forwarded().required());
  EXPECT_THAT(admin.identity.denied_addresses(), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(admin.identity.crl_files(), ElementsAre("a.crl"));
  EXPECT_TRUE(admin.identity.require_crl());
  EXPECT_EQ(admin.identity.min_rsa_bits(), 4096u);
  EXPECT_EQ(TlsFilesOf(config, admin).client_ca, "/etc/warden/admin.crt");
}

TEST(PortSettingsTest, AnEmptyPortIsLikeTheOthers) {
  const LoadedConfig config = Load();
  for (const char* name : {"", "bare"}) {
    const PortSettings port = SettingsOfPort(config.config, name);
    EXPECT_EQ(port.tls.SerializeAsString(), config.config.tls().SerializeAsString());
    EXPECT_EQ(port.identity.SerializeAsString(), config.config.identity().SerializeAsString());
  }
}

TEST(PortSettingsTest, ThePortWithoutANameIsFirst) {
  EXPECT_THAT(PortNames(Load().config), ElementsAre("", "admin", "bare"));
  EXPECT_THAT(PortNames(v1::Config()), ElementsAre(""));
}

TEST(PortSettingsTest, PathsSayWhereAFieldComesFrom) {
  const LoadedConfig config = Load();
  const auto path = [&](const char* port, const char* field) {
    return PathForPort(config.config, port, "identity", field);
  };
  EXPECT_EQ(path("admin", "trust_domains"), "ports.admin.identity.trust_domains");
  EXPECT_EQ(path("admin", "crl_files"), "identity.crl_files");
  EXPECT_EQ(path("", "trust_domains"), "identity.trust_domains");
}

}  // namespace
}  // namespace warden
