// Certificates of CAs, and chains that end at one of them.
#ifndef WARDEN_AUTHZ_IDENTITY_CA_SET_H_
#define WARDEN_AUTHZ_IDENTITY_CA_SET_H_

#include <openssl/x509.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/identity/certificate_names.h"
#include "authz/sync/mutex.h"

namespace warden {

// Trusted CAs. Immutable, thread-safe.
class CaSet {
 public:
  // Of all certificates in `pem`. InvalidArgument: there is none, or one that cannot be read.
  static absl::StatusOr<std::shared_ptr<const CaSet>> FromPem(std::string_view pem);

  const std::vector<X509Ptr>& certificates() const { return certificates_; }

  // The chain from `leaf` to one of these CAs at `now`, both included, by way of certificates in
  // `others`: RFC 5280 section 6, for TLS clients, with keys and digests of 112 bits of security.
  // A CA is an anchor whether it signed itself or not. FailedPrecondition, with OpenSSL's reason,
  // where there is none.
  absl::StatusOr<std::vector<X509Ptr>> Verify(X509* leaf, const std::vector<X509Ptr>& others,
                                              absl::Time now) const;

 private:
  struct StoreDelete {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };
  CaSet() = default;

  std::vector<X509Ptr> certificates_;
  std::unique_ptr<X509_STORE, StoreDelete> store_;
};

// All certificates in `pem`, at most `most`. InvalidArgument for one that cannot be read, and where
// there are more; none is no error.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(std::string_view pem, size_t most);

// Intermediate CAs of chains that were good. TLS shows a server the peer's chain on a full
// handshake only: a connection that resumes a session shows the leaf alone. They are no anchors, so
// that keeping one vouches for nobody. Bounded, the oldest goes first; thread-safe.
class IntermediatePool {
 public:
  static constexpr size_t kMost = 64;

  // Adds the certificates between the first and the last of a verified chain.
  void Keep(const std::vector<X509Ptr>& chain);
  void AppendTo(std::vector<X509Ptr>* out) const;

 private:
  struct Kept {
    X509Ptr certificate;
    std::string fingerprint;
  };

  mutable Mutex mutex_;
  std::deque<Kept> kept_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> fingerprints_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_CA_SET_H_
