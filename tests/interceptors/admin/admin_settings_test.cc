#include "interceptors/admin/admin_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using ::testing::HasSubstr;

constexpr char kRest[] =
    "tls: {certificate_file: c, private_key_file: k, client_ca_file: a}\npolicy_file: p\n";

// The problems of `admin`, given in YAML's flow style; "" where there are none.
std::string ProblemsOf(const std::string& admin, AdminSettings* settings = nullptr) {
  const absl::StatusOr<LoadedConfig> config =
      ParseConfig(absl::StrCat(kRest, "admin: {", admin, "}\n"), "warden.yaml", "/etc/warden");
  if (!config.ok()) return std::string(config.status().message());
  ProblemList problems;
  const AdminSettings read = ReadAdminSettings(*config, &problems);
  if (settings != nullptr) *settings = read;
  return std::string(problems.ToStatus().message());
}

TEST(AdminSettings, OffWithoutAddress) {
  AdminSettings settings;
  EXPECT_EQ(ProblemsOf("", &settings), "");
  EXPECT_FALSE(settings.enabled);
  EXPECT_EQ(ProblemsOf("drain: 3s", &settings), "");
  EXPECT_EQ(settings.drain, absl::Seconds(3));
  EXPECT_FALSE(settings.enabled);
  for (const char* other :
       {"debug_policy: true", "bearer_token_file: t", "certificate_file: c, private_key_file: k",
        "insecure_allow_public_address: true"}) {
    EXPECT_THAT(ProblemsOf(other), HasSubstr("admin.address: is required")) << other;
  }
}

TEST(AdminSettings, LoopbackNeedsNothing) {
  AdminSettings settings;
  EXPECT_EQ(ProblemsOf("address: '127.0.0.1:0', debug_policy: true", &settings), "");
  EXPECT_TRUE(settings.enabled);
  EXPECT_TRUE(settings.debug_policy);
  EXPECT_FALSE(settings.https());
  EXPECT_FALSE(settings.asks_clients());
  EXPECT_EQ(settings.reload_interval, absl::Minutes(1));
}

TEST(AdminSettings, PublicNeedsTlsAndAClientThatIsKnown) {
  const char* const tls = "certificate_file: c, private_key_file: k";
  for (const std::string& lacking :
       {std::string(), absl::StrCat(", ", tls), std::string(", bearer_token_file: t")}) {
    for (const char* address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1"}) {
      const std::string problems = ProblemsOf(absl::StrCat("address: '", address, "'", lacking));
      EXPECT_THAT(problems, HasSubstr("warden.yaml:3:9: admin.address: is not a loopback"))
          << problems;
      EXPECT_THAT(problems, HasSubstr("bearer_token_file"));
      EXPECT_EQ(ProblemsOf(absl::StrCat("address: '", address, "'", lacking,
                                        ", insecure_allow_public_address: true")),
                "");
    }
  }
  EXPECT_EQ(ProblemsOf(absl::StrCat("address: '0.0.0.0:1', ", tls, ", bearer_token_file: t")), "");
  AdminSettings settings;
  EXPECT_EQ(
      ProblemsOf(absl::StrCat("address: '0.0.0.0:1', ", tls, ", client_ca_file: a"), &settings),
      "");
  EXPECT_TRUE(settings.https());
  EXPECT_TRUE(settings.asks_clients());
  EXPECT_EQ(settings.tls.client_ca, "/etc/warden/a");
}

TEST(AdminSettings, ThePolicyIsNeverShownToEverybody) {
  const std::string open = "address: '0.0.0.0:1', insecure_allow_public_address: true";
  EXPECT_THAT(ProblemsOf(open + ", debug_policy: true"),
              HasSubstr("admin.debug_policy: would show"));
  EXPECT_EQ(ProblemsOf(open + ", debug_policy: true, bearer_token_file: t"), "");
}

TEST(AdminSettings, HalfTlsIsAnError) {
  const std::string at = "address: '127.0.0.1:0', ";
  EXPECT_THAT(ProblemsOf(at + "certificate_file: c"), HasSubstr("needs private_key_file"));
  EXPECT_THAT(ProblemsOf(at + "private_key_file: k"), HasSubstr("needs certificate_file"));
  EXPECT_THAT(ProblemsOf(at + "client_ca_file: a"), HasSubstr("needs certificate_file"));
}

TEST(AdminSettings, BadValuesAreNamed) {
  EXPECT_THAT(ProblemsOf("address: 'admin.example:1'"), HasSubstr("must be IP:PORT"));
  EXPECT_THAT(ProblemsOf("drain: 3601s"), HasSubstr("admin.drain: must be from 0s to 1h"));
  EXPECT_EQ(ProblemsOf("drain: 3600s"), "");
  EXPECT_THAT(ProblemsOf("drain: -1s"), HasSubstr("admin.drain"));
  EXPECT_THAT(ProblemsOf("adress: x"), HasSubstr("address"));
}

}  // namespace
}  // namespace warden
