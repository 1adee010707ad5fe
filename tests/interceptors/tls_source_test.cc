#include "interceptors/tls_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

class TlsSourceTest : public ::testing::Test {
 protected:
  TlsSourceTest() {
    std::string path = (std::filesystem::temp_directory_path() / "warden-tls-XXXXXX").string();
    folder_ = mkdtemp(path.data());
    Write("server.crt", old_.certificate_pem);
    Write("server.key", old_.private_key_pem);
    Write("ca.crt", ca_.certificate_pem());
    source_ = *TlsSource::Create({.certificate = (folder_ / "server.crt").string(),
                                  .private_key = (folder_ / "server.key").string(),
                                  .client_ca = (folder_ / "ca.crt").string()},
                                 absl::Now());
  }
  ~TlsSourceTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  // "same", "ok" or "error".
  std::string Look() {
    const std::optional<absl::Status> looked = source_->Look(absl::Now());
    if (!looked.has_value()) return "same";
    return looked->ok() ? "ok" : "error";
  }
  std::string Key() const { return source_->current().pair->private_key; }

  const testing::CertificateAuthority ca_;
  const testing::Certificate old_ = ca_.Issue({.common_name = "old"});
  const testing::Certificate new_ = ca_.Issue({.common_name = "new"});
  std::filesystem::path folder_;
  std::shared_ptr<TlsSource> source_;
};

TEST_F(TlsSourceTest, NothingNewIsNoNews) {
  const TlsMaterial before = source_->current();
  EXPECT_EQ(Look(), "same");
  Write("server.crt", old_.certificate_pem);
  EXPECT_EQ(Look(), "same");
  EXPECT_TRUE(before == source_->current());
}

TEST_F(TlsSourceTest, TheOldPairGoesOnUntilBothAreNew) {
  for (const bool key_first : {true, false}) {
    const testing::Certificate next = ca_.Issue({.common_name = "next"});
    const std::string before = Key();
    if (key_first) {
      Write("server.key", next.private_key_pem);
    } else {
      Write("server.crt", next.certificate_pem);
    }
    EXPECT_EQ(Look(), "error");
    EXPECT_EQ(Look(), "same");
    EXPECT_EQ(Key(), before);
    Write("server.key", next.private_key_pem);
    Write("server.crt", next.certificate_pem);
    EXPECT_EQ(Look(), "ok");
    EXPECT_EQ(Key(), next.private_key_pem);
  }
}

TEST_F(TlsSourceTest, CasAreTakenUpWhileThePairDoesNotFit) {
  const testing::CertificateAuthority next("Next CA");
  Write("server.key", new_.private_key_pem);
  Write("ca.crt", next.certificate_pem());
  EXPECT_EQ(Look(), "error");
  EXPECT_EQ(*source_->current().client_ca, next.certificate_pem());
  EXPECT_EQ(Key(), old_.private_key_pem);
}

TEST_F(TlsSourceTest, WhatWasPutBackIsGoodAgain) {
  Write("ca.crt", "");
  EXPECT_EQ(Look(), "error");
  Write("ca.crt", ca_.certificate_pem());
  EXPECT_EQ(Look(), "ok");
  EXPECT_EQ(Look(), "same");
}

TEST_F(TlsSourceTest, AnExpiredCaBesideAGoodOneIsNoMistake) {
  testing::CertificateSpec spec{.common_name = "Old CA"};
  spec.is_ca = true;
  spec.key_usage = "critical,keyCertSign";
  spec.not_after = absl::Now() - absl::Minutes(1);
  const std::string expired = ca_.Issue(spec).certificate_pem;
  Write("ca.crt", expired + ca_.certificate_pem());
  EXPECT_EQ(Look(), "ok");
  Write("ca.crt", expired);
  EXPECT_EQ(Look(), "error");
}

}  // namespace
}  // namespace warden
