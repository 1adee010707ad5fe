#include "interceptors/signing/signing_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "authz/token/signer.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SigningKeysTest : public ::testing::Test {
 protected:
  SigningKeysTest()
      : folder_(std::filesystem::temp_directory_path() /
                absl::StrCat("warden-signing-", getpid())) {
    std::filesystem::create_directories(folder_);
    const SigningKey ed = *SigningKey::Generate(Algorithm::kEdDsa, "ed");
    secret_ = *SigningKey::Generate(Algorithm::kHs256, "hmac")->InsecureSecretJwk();
    Write("hmac.json", secret_.dump());
    Write("ed.json", ed.PublicJwk()->dump());
    Write("private.json", ed.InsecureSecretJwk()->dump());
    Write("es.json", SigningKey::Generate(Algorithm::kEs256, "es")->PublicJwk()->dump());
    Write("short.json", R"({"kty": "oct", "k": "c2hvcnQ"})");
    Write("text.json", "no JSON");
  }
  ~SigningKeysTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  absl::StatusOr<std::shared_ptr<const SigningKeys>> Parse(const std::string& yaml) const {
    return SigningKeys::Parse(yaml, (folder_ / "signing.yaml").string());
  }
  std::string Error(const std::string& yaml) const {
    return std::string(Parse(yaml).status().message());
  }

  const std::filesystem::path folder_;
  nlohmann::json secret_;
};

TEST_F(SigningKeysTest, ReadsBothKindsOfKeys) {
  const auto keys = Parse(R"(
keys:
  a.b_C-1: {jwk_file: hmac.json, api_keys: [billing]}
  ed: {jwk_file: ed.json, subjects: [alice], peers: ["spiffe://shop.example/ns/*/sa/pay"], expires: 2099-01-01T00:00:00Z}
)");
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_NE((*keys)->Find("a.b_C-1"), nullptr);
  EXPECT_EQ((*keys)->Find("a.b_C-1")->algorithm, Algorithm::kHs256);
  EXPECT_EQ((*keys)->Find("ed")->algorithm, Algorithm::kEdDsa);
  EXPECT_FALSE((*keys)->Find("ed")->ValidAt(absl::FromUnixSeconds(4'100'000'000)));
  EXPECT_EQ((*keys)->Find("ED"), nullptr);
}

TEST_F(SigningKeysTest, NamesEachProblem) {
  const std::string error = Error(R"(keys:
  nobody: {jwk_file: hmac.json}
  absent: {jwk_file: none.json, subjects: [a]}
  private: {jwk_file: private.json, subjects: [a]}
  curve: {jwk_file: es.json, subjects: [a]}
  short: {jwk_file: short.json, subjects: [a]}
  text: {jwk_file: text.json, subjects: [a]}
  "with space": {jwk_file: hmac.json, subjects: [a]}
  peer: {jwk_file: hmac.json, peers: [nonsense]}
  times: {jwk_file: hmac.json, subjects: [a], not_before: 2030-01-01T00:00:00Z, expires: 2030-01-01T00:00:00Z}
  nameless: {jwk_file: hmac.json, subjects: [""]}
  none: {subjects: [a]}
)");
  for (const char* part :
       {"signing.yaml:2", "names nobody", "signing.yaml:3", "none.json", "private part",
        "must be an `oct` key for HS256 or an Ed25519 key", "short.json", "text.json",
        "1 to 64 letters", "nonsense", "is not after not_before", "a subject is empty",
        "jwk_file: is required"}) {
    EXPECT_THAT(error, HasSubstr(part));
  }
  EXPECT_THAT(error, Not(HasSubstr(secret_["k"].get<std::string>())));
  EXPECT_THAT(Error("keys: {a: {key: x}}"), HasSubstr("key"));
}

}  // namespace
}  // namespace warden
