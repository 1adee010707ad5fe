// Which versions and ciphers of TLS the port speaks, asked by OpenSSL's own client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<BIO> Reader(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

struct Handshake {
  bool done = false;
  std::string version;
  std::string cipher;
  int error = 0;  // the reason of OpenSSL's last error
};

struct Offer {
  int version;                  // the only one offered
  const char* ciphers = "ALL";  // of TLS up to 1.2
};

// Shakes hands and then waits for the server's first bytes: in TLS 1.3 a server refuses a client's
// certificate only after the client is done.
Handshake Shake(const World& world, const Certificate& identity, const Offer& offer) {
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0);  // else this side would not offer TLS 1.1 at all
  SSL_CTX_set_min_proto_version(context.get(), offer.version);
  SSL_CTX_set_max_proto_version(context.get(), offer.version);
  SSL_CTX_set_cipher_list(context.get(), offer.ciphers);
  static const unsigned char kAlpn[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn));
  const Owned<X509> certificate(
      PEM_read_bio_X509(Reader(identity.certificate_pem).get(), nullptr, nullptr, nullptr));
  const Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(Reader(identity.private_key_pem).get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());

  ERR_clear_error();
  const Owned<BIO> connection(BIO_new_ssl_connect(context.get()));
  BIO_set_conn_hostname(connection.get(), absl::StrCat("127.0.0.1:", world.port()).c_str());
  SSL* ssl = nullptr;
  BIO_get_ssl(connection.get(), &ssl);
  Handshake result;
  result.done = BIO_do_connect(connection.get()) == 1;
  char first = 0;
  if (result.done && BIO_read(connection.get(), &first, 1) != 1) result.done = false;
  result.version = SSL_get_version(ssl);
  result.cipher = SSL_get_cipher(ssl);
  result.error = ERR_GET_REASON(ERR_peek_last_error());
  return result;
}

class TlsVersionTest : public SuiteWorld<TlsVersionTest> {
 protected:
  Handshake Try(const Offer& offer) {
    return Shake(world(), world().Identity("spiffe://probe.test/client"), offer);
  }
};

TEST_P(TlsVersionTest, SpeaksTls13) {
  const Handshake handshake = Try({.version = TLS1_3_VERSION});
  EXPECT_TRUE(handshake.done);
  EXPECT_EQ(handshake.version, "TLSv1.3");
}

TEST_P(TlsVersionTest, SpeaksTls12WithForwardSecrecyAndAuthenticatedEncryption) {
  const Handshake handshake = Try({.version = TLS1_2_VERSION});
  EXPECT_TRUE(handshake.done);
  EXPECT_EQ(handshake.version, "TLSv1.2");
  EXPECT_THAT(handshake.cipher, ::testing::MatchesRegex("ECDHE-.*(GCM|POLY1305).*"));
}

// That the server hung up, and not this side, shows in the error: a client that has nothing to
// offer fails with SSL_R_NO_PROTOCOLS_AVAILABLE or SSL_R_NO_CIPHERS_AVAILABLE.
TEST_P(TlsVersionTest, RefusesOlderVersions) {
  const Counted before(world());
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const Handshake handshake = Try({.version = version, .ciphers = "ALL:@SECLEVEL=0"});
    EXPECT_FALSE(handshake.done) << version;
    EXPECT_EQ(handshake.error, SSL_R_UNEXPECTED_EOF_WHILE_READING) << version;
  }
  before.ExpectNothing();
}

TEST_P(TlsVersionTest, RefusesCiphersWithoutAuthenticatedEncryption) {
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384",
                              "NULL:@SECLEVEL=0", "aNULL:@SECLEVEL=0"}) {
    const Handshake handshake = Try({.version = TLS1_2_VERSION, .ciphers = ciphers});
    EXPECT_FALSE(handshake.done) << ciphers;
    EXPECT_EQ(handshake.error, SSL_R_UNEXPECTED_EOF_WHILE_READING) << ciphers;
  }
}

TEST_P(TlsVersionTest, RefusesAClientWithoutCertificateInBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Handshake handshake = Shake(world(), Certificate{}, {.version = version});
    EXPECT_FALSE(handshake.done) << version;
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, TlsVersionTest, ::testing::Values(Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
