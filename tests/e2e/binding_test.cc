// A stolen token is of no use to another peer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "authz/token/base64url.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

// x5t#S256 of a certificate, RFC 8705 section 3.1.
std::string Thumbprint(const Certificate& certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem(
      BIO_new_mem_buf(certificate.certificate_pem.data(),
                      static_cast<int>(certificate.certificate_pem.size())),
      BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(
      PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr), X509_free);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  X509_digest(x509.get(), EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return Base64UrlEncode(digest);
}

class BindingTest : public SuiteWorld<BindingTest> {
 public:
  static WorldOptions Options() { return {}; }

 protected:
  std::string BoundToken(const std::string& thumbprint) {
    return world().Token("alice", {"caller"}, [&](nlohmann::json& claims) {
      claims["cnf"] = {{"x5t#S256", thumbprint}};
    });
  }
};

TEST_P(BindingTest, ABoundTokenPassesWithItsCertificateOnly) {
  const Certificate owner = world().Identity("spiffe://probe.test/client");
  const Certificate thief = world().Identity("spiffe://probe.test/client");
  const std::string token = BoundToken(Thumbprint(owner));
  const auto owners = world().Connect(&owner);
  const auto thiefs = world().Connect(&thief);
  // In turns: what the token cache remembers must not let the thief in.
  for (int round = 0; round < 3; ++round) {
    for (const std::string method : kFourKinds) {
      const Counted good(world());
      good.ExpectAllowed(method, Perform(owners, World::Call(method, token)));
      const Counted stolen(world());
      stolen.ExpectRefused(method, Perform(thiefs, World::Call(method, token)),
                           BadCredentials("token_binding"));
    }
  }
}

TEST_P(BindingTest, ABindingThatCannotBeCheckedRefuses) {
  for (const nlohmann::json& cnf : {nlohmann::json{{"jkt", "x"}}, nlohmann::json::object()}) {
    const std::string token =
        world().Token("alice", {"caller"}, [&](nlohmann::json& claims) { claims["cnf"] = cnf; });
    const Counted counted(world());
    counted.ExpectRefused("Unary", Send(World::Call("Unary", token)),
                          BadCredentials("token_binding"));
  }
}
INSTANTIATE_TEST_SUITE_P(Apis, BindingTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

class RequiredBindingTest : public SuiteWorld<RequiredBindingTest> {
 public:
  static WorldOptions Options() {
    return {.edit_config = {{"audiences: [probe]",
                             "audiences: [probe]\n      require_certificate_bound: true\n"
                             "      peer_claim: workload"}}};
  }
};

TEST_P(RequiredBindingTest, UnboundTokensAndTokensOfOtherPeersAreRefused) {
  const Certificate identity = world().Identity("spiffe://probe.test/client");
  const auto channel = world().Connect(&identity);
  const auto token = [&](const std::string& workload, bool bound) {
    return world().Token("alice", {"caller"}, [&](nlohmann::json& claims) {
      if (bound) claims["cnf"] = {{"x5t#S256", Thumbprint(identity)}};
      if (!workload.empty()) claims["workload"] = workload;
    });
  };
  const auto expect_refused = [&](const std::string& presented, const std::string& label) {
    const Counted counted(world());
    counted.ExpectRefused("Unary", Perform(channel, World::Call("Unary", presented)),
                          BadCredentials(label));
  };
  for (const char* workload : {"/client", "spiffe://probe.test/client"}) {
    const Counted counted(world());
    counted.ExpectAllowed("Unary", Perform(channel, World::Call("Unary", token(workload, true))));
  }
  expect_refused(token("/client", false), "token_binding");
  expect_refused(token("", true), "token_binding");
  expect_refused(token("/other", true), "token_peer_mismatch");
  expect_refused(token("spiffe://other.test/client", true), "token_peer_mismatch");
}
INSTANTIATE_TEST_SUITE_P(Apis, RequiredBindingTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
