// The admin port over HTTPS: who gets in, and what happens when files change.
#include "interceptors/admin/admin_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "interceptors/admin/admin_server.h"
#include "tests/support/http_ask.h"

namespace warden {
namespace {

using testing::AskHttp;
using testing::Certificate;
using testing::CertificateAuthority;
using testing::CertificateSpec;
using ::testing::HasSubstr;
using testing::HttpReply;

class NoMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override { return {}; }
};

class AdminTlsTest : public ::testing::Test {
 protected:
  AdminTlsTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "warden-tls-XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    WriteServer(ca_);
    Write("clients.crt", clients_.certificate_pem());
  }
  ~AdminTlsTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  void WriteServer(const CertificateAuthority& ca) const {
    CertificateSpec spec;
    spec.dns_sans = {"localhost"};
    spec.ip_sans = {"127.0.0.1"};
    const Certificate server = ca.Issue(spec);
    Write("server.crt", server.certificate_pem);
    Write("server.key", server.private_key_pem);
  }
  TlsFiles Files(bool mutual) const {
    return {.certificate = Path("server.crt"),
            .private_key = Path("server.key"),
            .client_ca = mutual ? Path("clients.crt") : ""};
  }
  void Start(bool mutual, absl::Duration interval = absl::Hours(1)) {
    AdminSettings settings;
    settings.enabled = true;
    settings.address = *ParseListenAddress("admin", "127.0.0.1:0");
    settings.tls = Files(mutual);
    settings.reload_interval = interval;
    const auto health = std::make_shared<HealthRegistry>([] { return absl::Now(); });
    auto started =
        AdminServer::Start(settings, {.metrics = std::make_shared<NoMetrics>(), .health = health});
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  HttpReply Get(const CertificateAuthority& ca, const Certificate* identity = nullptr) {
    return AskHttp({.port = server_->port(),
                    .path = "/healthz",
                    .ca_pem = ca.certificate_pem(),
                    .identity = identity});
  }

  CertificateAuthority ca_{"Admin CA"};
  CertificateAuthority clients_{"Clients CA"};
  std::filesystem::path folder_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminTlsTest, ServesHttps) {
  Start(/*mutual=*/false);
  const HttpReply reply = Get(ca_);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("strict-transport-security"), "max-age=31536000");
  EXPECT_EQ(Get(CertificateAuthority("Admin CA")).status, 0) << "not what the client trusts";
  // Plain HTTP is no way in.
  EXPECT_EQ(AskHttp({.port = server_->port(), .path = "/healthz"}).status, 0);
  EXPECT_EQ(Get(ca_).status, 200);
}

TEST_F(AdminTlsTest, ClientsMustShowACertificateOfTheirCa) {
  Start(/*mutual=*/true);
  const Certificate good = clients_.Issue({.common_name = "prometheus"});
  EXPECT_EQ(Get(ca_, &good).status, 200);
  EXPECT_EQ(Get(ca_).status, 0);
  const Certificate foreign = ca_.Issue({.common_name = "prometheus"});
  EXPECT_EQ(Get(ca_, &foreign).status, 0);
  const Certificate expired =
      clients_.Issue({.common_name = "prometheus", .not_after = absl::Now() - absl::Minutes(1)});
  EXPECT_EQ(Get(ca_, &expired).status, 0);
  const Certificate server_only =
      clients_.Issue({.common_name = "prometheus", .extended_key_usage = "serverAuth"});
  EXPECT_EQ(Get(ca_, &server_only).status, 0);
}

TEST_F(AdminTlsTest, FilesAreCheckedAtStart) {
  AdminSettings settings;
  settings.enabled = true;
  settings.address = *ParseListenAddress("admin", "127.0.0.1:0");
  Write("server.key", clients_.Issue({}).private_key_pem);
  Write("clients.crt", "nothing");
  settings.tls = Files(/*mutual=*/true);
  const auto started = AdminServer::Start(settings, {});
  EXPECT_EQ(started.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(started.status().message());
  EXPECT_THAT(message, HasSubstr("is not the key of"));
  EXPECT_THAT(message, HasSubstr("clients.crt"));
}

TEST_F(AdminTlsTest, RotatesAsAWholeAndKeepsTheLastGoodOne) {
  auto tls = AdminTls::Create(Files(/*mutual=*/true), absl::Now());
  ASSERT_TRUE(tls.ok()) << tls.status();
  EXPECT_FALSE((*tls)->Look(absl::Now()).has_value());
  const SSL_CTX* const first = (*tls)->context();
  // A certificate whose key is not there yet.
  Write("server.crt", ca_.Issue({.common_name = "next"}).certificate_pem);
  const std::optional<absl::Status> half = (*tls)->Look(absl::Now());
  ASSERT_TRUE(half.has_value());
  EXPECT_FALSE(half->ok());
  EXPECT_FALSE((*tls)->Look(absl::Now()).has_value()) << "said once";
  EXPECT_EQ((*tls)->context(), first);
  WriteServer(ca_);
  const std::optional<absl::Status> whole = (*tls)->Look(absl::Now());
  ASSERT_TRUE(whole.has_value());
  EXPECT_TRUE(whole->ok()) << *whole;
  EXPECT_NE((*tls)->context(), first);
  const SSL_CTX* const second = (*tls)->context();
  Write("clients.crt", "");
  EXPECT_FALSE((*tls)->Look(absl::Now())->ok());
  EXPECT_EQ((*tls)->context(), second) << "clients must still show a certificate";
}

TEST_F(AdminTlsTest, ARunningServerTakesUpNewCertificates) {
  Start(/*mutual=*/false, absl::Milliseconds(20));
  EXPECT_EQ(Get(ca_).status, 200);
  const CertificateAuthority next("Next CA");
  WriteServer(next);
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (Get(next).status != 200 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_EQ(Get(next).status, 200);
  EXPECT_EQ(Get(ca_).status, 0);
}

}  // namespace
}  // namespace warden
