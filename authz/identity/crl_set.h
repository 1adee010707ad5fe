// Certificate revocation lists. Source: RFC 5280 section 5.
#ifndef WARDEN_AUTHZ_IDENTITY_CRL_SET_H_
#define WARDEN_AUTHZ_IDENTITY_CRL_SET_H_

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/identity/certificate_names.h"

namespace warden {

struct CrlDelete {
  void operator()(X509_CRL* crl) const { X509_CRL_free(crl); }
};
using CrlPtr = std::unique_ptr<X509_CRL, CrlDelete>;

// Lists that CAs of ours signed. Immutable, thread-safe.
class CrlSet {
 public:
  struct File {
    std::string name;   // for errors
    std::string bytes;  // one list in DER, or any number in PEM
  };

  // `cas` need to live only during the call. InvalidArgument has a line for each file that: holds
  // no list or one that cannot be read; is of none of `cas`, or not signed by it, or with a weak
  // digest; is a delta CRL, an indirect one, or one of a part of its issuer's certificates (but a
  // list of all user or all CA certificates is taken); has another critical extension; or has no
  // nextUpdate. A list that is out of its time is no error: what it revokes stays revoked.
  static absl::StatusOr<std::shared_ptr<const CrlSet>> Create(const std::vector<File>& files,
                                                              const std::vector<X509*>& cas);

  // All lists of all sets, which may not be null.
  static std::shared_ptr<const CrlSet> Join(const std::vector<std::shared_ptr<const CrlSet>>& sets);

  // Whether any list names the certificate, by issuer and serial number; the time plays no part.
  bool Revokes(X509* certificate) const;

  // Whether `certificate`'s issuer has a list that covers it and is current at `now`, from
  // thisUpdate to nextUpdate. The answer holds from `from` until just before `until`.
  struct Coverage {
    bool current = false;
    absl::Time from = absl::InfinitePast();
    absl::Time until = absl::InfiniteFuture();
  };
  Coverage CoverageOf(const X509* certificate, bool is_ca, absl::Time now) const;

  size_t size() const { return lists_.size(); }
  // The earliest of the lists'; InfiniteFuture without lists.
  absl::Time next_update() const;

 private:
  struct List {
    CrlPtr crl;
    absl::Time this_update;
    absl::Time next_update;
    bool user_certificates = true;
    bool ca_certificates = true;
  };
  CrlSet() = default;
  static absl::StatusOr<List> Read(CrlPtr crl, const std::vector<X509*>& cas);

  std::vector<std::shared_ptr<const List>> lists_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_CRL_SET_H_
