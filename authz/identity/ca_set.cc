#include "authz/identity/ca_set.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr size_t kMaxCas = 4096;
constexpr int kMaxDepth = 8;
// 112 bits of security for every key and digest of the chain; see SSL_CTX_set_security_level(3).
constexpr int kAuthLevel = 2;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  // Not the certificates.
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

// A PEM that is encrypted must not make OpenSSL ask the terminal for a passphrase.
int NoPassphrase(char*, int, int, void*) { return 0; }

X509Ptr Share(X509* certificate) {
  X509_up_ref(certificate);
  return X509Ptr(certificate);
}

}  // namespace

absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(std::string_view pem, size_t most) {
  std::vector<X509Ptr> certificates;
  if (pem.empty()) return certificates;
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("out of memory");
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    certificates.emplace_back(certificate);
    if (certificates.size() > most) {
      ERR_clear_error();
      return absl::InvalidArgumentError(absl::StrCat("more than ", most, " certificates"));
    }
  }
  // The end of the text is the one good reason to stop.
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!end) {
    return absl::InvalidArgumentError(
        absl::StrCat("certificate ", certificates.size() + 1, " in the PEM cannot be read"));
  }
  return certificates;
}

absl::StatusOr<std::shared_ptr<const CaSet>> CaSet::FromPem(std::string_view pem) {
  absl::StatusOr<std::vector<X509Ptr>> certificates = ParseCertificates(pem, kMaxCas);
  if (!certificates.ok()) return certificates.status();
  if (certificates->empty()) return absl::InvalidArgumentError("holds no CA certificate in PEM");
  const std::shared_ptr<CaSet> set(new CaSet);
  set->certificates_ = *std::move(certificates);
  set->store_.reset(X509_STORE_new());
  for (const X509Ptr& certificate : set->certificates_) {
    if (set->store_ == nullptr || X509_STORE_add_cert(set->store_.get(), certificate.get()) != 1) {
      ERR_clear_error();
      return absl::ResourceExhaustedError("out of memory");
    }
    // Decodes the extensions now, before threads share the certificate.
    X509_check_purpose(certificate.get(), -1, 0);
  }
  ERR_clear_error();
  return std::shared_ptr<const CaSet>(set);
}

absl::StatusOr<std::vector<X509Ptr>> CaSet::Verify(X509* leaf, const std::vector<X509Ptr>& others,
                                                   absl::Time now) const {
  const std::unique_ptr<STACK_OF(X509), Free> untrusted(sk_X509_new_null());
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  bool ready = untrusted != nullptr && context != nullptr;
  for (const X509Ptr& other : others) {
    ready = ready && sk_X509_push(untrusted.get(), other.get()) > 0;
  }
  ready = ready && X509_STORE_CTX_init(context.get(), store_.get(), leaf, untrusted.get()) == 1 &&
          X509_STORE_CTX_set_default(context.get(), "ssl_client") == 1;
  if (!ready) {
    ERR_clear_error();
    return absl::ResourceExhaustedError("out of memory");
  }
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(now));
  X509_VERIFY_PARAM_set_depth(param, kMaxDepth);
  X509_VERIFY_PARAM_set_auth_level(param, kAuthLevel);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good) {
    return absl::FailedPreconditionError(
        X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  std::vector<X509Ptr> chain;
  STACK_OF(X509)* const found = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(found); ++i) chain.push_back(Share(sk_X509_value(found, i)));
  return chain;
}

void IntermediatePool::Keep(const std::vector<X509Ptr>& chain) {
  for (size_t i = 1; i + 1 < chain.size(); ++i) {
    std::string fingerprint = Fingerprint(chain[i].get());
    MutexLock lock(&mutex_);
    if (!fingerprints_.insert(fingerprint).second) continue;
    kept_.push_back({Share(chain[i].get()), std::move(fingerprint)});
    if (kept_.size() <= kMost) continue;
    fingerprints_.erase(kept_.front().fingerprint);
    kept_.pop_front();
  }
}

void IntermediatePool::AppendTo(std::vector<X509Ptr>* out) const {
  MutexLock lock(&mutex_);
  for (const Kept& kept : kept_) out->push_back(Share(kept.certificate.get()));
}

}  // namespace warden
