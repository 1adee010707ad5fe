#include "interceptors/admin/admin_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/identity/ca_set.h"

namespace warden {
namespace {

constexpr size_t kMaxCertificates = 4096;

absl::Status OpenSslFailed(const char* what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat("admin: OpenSSL does not take ", what));
}

bool UseKey(SSL_CTX* context, const std::string& pem) {
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  const auto no_pass_phrase = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, no_pass_phrase, nullptr);
  const bool good = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  BIO_free(bio);
  return good && SSL_CTX_check_private_key(context) == 1;
}

bool UseChain(SSL_CTX* context, const std::vector<X509Ptr>& chain) {
  if (chain.empty() || SSL_CTX_use_certificate(context, chain[0].get()) != 1) return false;
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return false;
  }
  return true;
}

bool RequireClients(SSL_CTX* context, const std::vector<X509Ptr>& cas) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& ca : cas) {
    if (X509_STORE_add_cert(store, ca.get()) != 1) return false;
    if (SSL_CTX_add_client_CA(context, ca.get()) != 1) return false;
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return !cas.empty();
}

void Harden(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

bool Same(const TlsPair& a, const TlsPair& b) {
  return a.certificate == b.certificate && a.private_key == b.private_key;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminTls>> AdminTls::Create(TlsFiles files, absl::Time now) {
  std::unique_ptr<AdminTls> tls(new AdminTls(std::move(files)));
  const std::optional<absl::Status> looked = tls->Look(now);
  if (looked.has_value() && !looked->ok()) return *looked;
  return tls;
}

std::optional<absl::Status> AdminTls::Look(absl::Time now) {
  ProblemList problems;
  std::shared_ptr<const TlsPair> pair = ReadTlsPair(files_, now, &problems);
  std::shared_ptr<const std::string> client_ca;
  if (!files_.client_ca.empty()) client_ca = ReadClientCa(files_, now, &problems);
  // What is broken leaves the last good one.
  if (pair == nullptr) pair = pair_;
  if (client_ca == nullptr) client_ca = client_ca_;
  const bool same_pair = pair != nullptr && pair_ != nullptr && Same(*pair, *pair_);
  const bool same_ca = (client_ca == nullptr && client_ca_ == nullptr) ||
                       (client_ca != nullptr && client_ca_ != nullptr && *client_ca == *client_ca_);
  const bool changed = !same_pair || !same_ca;
  const bool complete = pair != nullptr && (files_.client_ca.empty() || client_ca != nullptr);
  if (changed && complete) {
    absl::StatusOr<Context> context = MakeContext(*pair, client_ca.get());
    if (context.ok()) {
      context_ = *std::move(context);
      pair_ = std::move(pair);
      client_ca_ = std::move(client_ca);
    } else {
      problems.Add(files_.certificate, std::string(context.status().message()));
    }
  }
  const absl::Status status = problems.ToStatus();
  std::string text(status.message());
  const bool news = (changed && complete && status.ok()) || text != problems_;
  problems_ = std::move(text);
  if (!news) return std::nullopt;
  return status;
}

absl::StatusOr<AdminTls::Context> AdminTls::MakeContext(const TlsPair& pair,
                                                        const std::string* client_ca) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return OpenSslFailed("a new context");
  Harden(context.get());
  const absl::StatusOr<std::vector<X509Ptr>> chain =
      ParseCertificates(pair.certificate, kMaxCertificates);
  if (!chain.ok()) return chain.status();
  if (!UseChain(context.get(), *chain)) return OpenSslFailed("the certificate");
  if (!UseKey(context.get(), pair.private_key)) return OpenSslFailed("the private key");
  if (client_ca == nullptr) return context;
  const absl::StatusOr<std::vector<X509Ptr>> cas = ParseCertificates(*client_ca, kMaxCertificates);
  if (!cas.ok()) return cas.status();
  if (!RequireClients(context.get(), *cas)) return OpenSslFailed("the clients' CA");
  return context;
}

}  // namespace warden
