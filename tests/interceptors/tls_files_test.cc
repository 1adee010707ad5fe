#include "interceptors/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/certificates.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    std::string path = (std::filesystem::temp_directory_path() / "warden-tls-XXXXXX").string();
    folder_ = mkdtemp(path.data());
    const testing::Certificate leaf = ca_.Issue({.common_name = "localhost"});
    files_ = {.certificate = Write("server.crt", leaf.certificate_pem),
              .private_key = Write("server.key", leaf.private_key_pem),
              .client_ca = Write("ca.crt", ca_.certificate_pem())};
  }
  ~TlsFilesTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::string Error(absl::Time now = absl::Now()) const {
    return std::string(CheckTlsFiles(files_, now).status().message());
  }

  const testing::CertificateAuthority ca_;
  std::filesystem::path folder_;
  TlsFiles files_;
};

TEST_F(TlsFilesTest, AcceptsASetThatFits) {
  const absl::StatusOr<absl::Time> end = CheckTlsFiles(files_, absl::Now());
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_GT(*end, absl::Now());
}

TEST_F(TlsFilesTest, RefusesAKeyOfAnotherCertificate) {
  files_.private_key = Write("other.key", ca_.Issue({.common_name = "x"}).private_key_pem);
  EXPECT_THAT(Error(), HasSubstr("is not the key of"));
}

TEST_F(TlsFilesTest, RefusesCertificatesOutOfTheirTime) {
  EXPECT_THAT(Error(absl::Now() + absl::Hours(24 * 365 * 20)), HasSubstr("has expired"));
  EXPECT_THAT(Error(absl::Now() - absl::Hours(24 * 365 * 20)), HasSubstr("is not valid before"));
}

TEST_F(TlsFilesTest, ListsEveryUnreadableFile) {
  files_ = {.certificate = Write("a", "not PEM"),
            .private_key = "/nowhere/key",
            .client_ca = Write("b", "")};
  const std::string error = Error();
  EXPECT_THAT(error, HasSubstr("holds no certificate"));
  EXPECT_THAT(error, HasSubstr("/nowhere/key"));
  EXPECT_THAT(error, HasSubstr("holds no CA certificate"));
}

TEST_F(TlsFilesTest, NeverPrintsTheKey) {
  const std::string pem = ca_.Issue({.common_name = "x"}).private_key_pem;
  files_.private_key = Write("broken.key", pem.substr(0, pem.size() / 2));
  EXPECT_THAT(Error(), Not(HasSubstr(pem.substr(40, 20))));
  EXPECT_THAT(Error(), HasSubstr("holds no unencrypted private key"));
}

}  // namespace
}  // namespace warden
