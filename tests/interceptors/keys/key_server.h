// A key server on loopback whose set the test changes.
#ifndef WARDEN_TESTS_INTERCEPTORS_KEYS_KEY_SERVER_H_
#define WARDEN_TESTS_INTERCEPTORS_KEYS_KEY_SERVER_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/token/signer.h"
#include "interceptors/http/http_client.h"
#include "nlohmann/json.hpp"
#include "tests/support/https_server.h"

namespace warden::testing {

inline std::string JwksOf(std::initializer_list<const SigningKey*> keys) {
  nlohmann::json list = nlohmann::json::array();
  for (const SigningKey* key : keys) list.push_back(key->PublicJwk().value());
  return nlohmann::json{{"keys", list}}.dump();
}

class KeyServer {
 public:
  KeyServer()
      : folder_(MakeFolder()), server_({.certificate = LocalhostCertificate(ca_)}, nullptr) {
    std::ofstream(folder_ / "ca.crt") << ca_.certificate_pem();
  }
  ~KeyServer() { std::filesystem::remove_all(folder_); }

  std::unique_ptr<HttpClient> Client(absl::Duration timeout = absl::Seconds(5)) const {
    return HttpClient::Create({.ca_file = ca_file(), .timeout = timeout}).value();
  }
  void Serve(HttpsReply reply) {
    server_.SetHandler([reply = std::move(reply)](const HttpsRequest&) { return reply; });
  }
  void ServeKeys(const std::string& jwks) { Serve({.body = jwks}); }

  std::string ca_file() const { return (folder_ / "ca.crt").string(); }
  const CertificateAuthority& ca() const { return ca_; }
  const std::filesystem::path& folder() const { return folder_; }
  HttpsServer& http() { return server_; }

 private:
  static std::filesystem::path MakeFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "warden-keys-XXXXXX").string();
    return mkdtemp(path.data());
  }

  const CertificateAuthority ca_;
  const std::filesystem::path folder_;
  HttpsServer server_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_INTERCEPTORS_KEYS_KEY_SERVER_H_
