#include "authz/identity/crl_set.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace warden {
namespace {

constexpr std::string_view kPemHeader = "-----BEGIN X509 CRL-----";

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(ISSUING_DIST_POINT* scope) const { ISSUING_DIST_POINT_free(scope); }
};

int NoPassphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<std::vector<CrlPtr>> ParsePem(std::string_view pem) {
  std::vector<CrlPtr> lists;
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ERR_clear_error();
  while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, NoPassphrase, nullptr)) {
    lists.emplace_back(crl);
  }
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (end && !lists.empty()) return lists;
  return absl::InvalidArgumentError("holds a revocation list in PEM that cannot be read");
}

absl::StatusOr<std::vector<CrlPtr>> Parse(std::string_view bytes) {
  if (bytes.find(kPemHeader) != std::string_view::npos) return ParsePem(bytes);
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = at + bytes.size();
  std::vector<CrlPtr> lists;
  lists.emplace_back(d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
  ERR_clear_error();
  if (lists.front() == nullptr || at != end) {
    return absl::InvalidArgumentError("holds no revocation list in PEM or DER");
  }
  return lists;
}

// RFC 5280 sections 5.2 and 5.3: what is critical and not known makes a list unusable.
absl::Status CheckExtensions(const X509_CRL* crl) {
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    X509_EXTENSION* const extension = X509_CRL_get_ext(crl, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (nid == NID_delta_crl) {
      return absl::InvalidArgumentError("is a delta CRL; give the complete one");
    }
    const bool known = nid == NID_crl_number || nid == NID_authority_key_identifier ||
                       nid == NID_issuing_distribution_point;
    if (X509_EXTENSION_get_critical(extension) != 0 && !known) {
      return absl::InvalidArgumentError("has a critical extension that is not known");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEntries(X509_CRL* crl) {
  STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(crl);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* const entry = sk_X509_REVOKED_value(entries, i);
    for (int e = 0; e < X509_REVOKED_get_ext_count(entry); ++e) {
      X509_EXTENSION* const extension = X509_REVOKED_get_ext(entry, e);
      const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
      if (nid == NID_certificate_issuer) {
        return absl::InvalidArgumentError("is an indirect CRL: entries name other issuers");
      }
      const bool known = nid == NID_crl_reason || nid == NID_invalidity_date;
      if (X509_EXTENSION_get_critical(extension) != 0 && !known) {
        return absl::InvalidArgumentError(
            "has an entry with a critical extension that is not "
            "known");
      }
    }
  }
  return absl::OkStatus();
}

// RFC 5280 section 5.2.5.
absl::Status CheckScope(const X509_CRL* crl, bool* user_certificates, bool* ca_certificates) {
  int critical = 0;
  const std::unique_ptr<ISSUING_DIST_POINT, Free> scope(static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, nullptr)));
  ERR_clear_error();
  if (scope == nullptr) {
    if (critical == -1) return absl::OkStatus();  // absent
    return absl::InvalidArgumentError("has an issuingDistributionPoint that cannot be read");
  }
  if (scope->indirectCRL != 0) return absl::InvalidArgumentError("is an indirect CRL");
  if (scope->distpoint != nullptr || scope->onlysomereasons != nullptr || scope->onlyattr != 0) {
    return absl::InvalidArgumentError(
        "covers only a part of its issuer's certificates (issuingDistributionPoint); give the "
        "complete list");
  }
  *user_certificates = scope->onlyCA == 0;
  *ca_certificates = scope->onlyuser == 0;
  return absl::OkStatus();
}

bool WeakDigest(const X509_CRL* crl) {
  int digest = NID_undef;
  if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &digest, nullptr) != 1) return true;
  if (digest == NID_undef) return false;  // Ed25519, Ed448 and PSS bring their own
  const EVP_MD* const md = EVP_get_digestbynid(digest);
  return md == nullptr || digest == NID_md5_sha1 || EVP_MD_get_size(md) < 28;  // SHA-224
}

absl::Status CheckSigner(X509_CRL* crl, const std::vector<X509*>& cas) {
  if (WeakDigest(crl)) return absl::InvalidArgumentError("is signed with a weak digest");
  bool named = false;
  for (X509* ca : cas) {
    if (X509_NAME_cmp(X509_get_subject_name(ca), X509_CRL_get_issuer(crl)) != 0) continue;
    named = true;
    // Without the extension every usage is allowed, and this says so.
    if ((X509_get_key_usage(ca) & KU_CRL_SIGN) == 0) continue;
    const bool good = X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1;
    ERR_clear_error();
    if (good) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      named ? "is not signed by the CA that it names as its issuer"
            : "is of an issuer that is not among the CAs of `tls.client_ca_file` and "
              "`identity.trust_bundles`");
}

}  // namespace

absl::StatusOr<CrlSet::List> CrlSet::Read(CrlPtr crl, const std::vector<X509*>& cas) {
  List list;
  for (const absl::Status& status :
       {CheckExtensions(crl.get()), CheckEntries(crl.get()),
        CheckScope(crl.get(), &list.user_certificates, &list.ca_certificates),
        CheckSigner(crl.get(), cas)}) {
    if (!status.ok()) return status;
  }
  if (X509_CRL_get0_nextUpdate(crl.get()) == nullptr) {
    return absl::InvalidArgumentError("does not say when the next list comes (nextUpdate)");
  }
  const absl::StatusOr<absl::Time> begin = ToTime(X509_CRL_get0_lastUpdate(crl.get()));
  const absl::StatusOr<absl::Time> end = ToTime(X509_CRL_get0_nextUpdate(crl.get()));
  if (!begin.ok() || !end.ok() || *begin > *end) {
    return absl::InvalidArgumentError("has a thisUpdate or nextUpdate that makes no sense");
  }
  list.this_update = *begin;
  list.next_update = *end;
  // Sorts the entries now, so that look-ups do not wait for each other over it.
  X509_REVOKED* unused = nullptr;
  const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> serial(ASN1_INTEGER_new(),
                                                                           ASN1_INTEGER_free);
  X509_CRL_get0_by_serial(crl.get(), &unused, serial.get());
  list.crl = std::move(crl);
  return list;
}

absl::StatusOr<std::shared_ptr<const CrlSet>> CrlSet::Create(const std::vector<File>& files,
                                                             const std::vector<X509*>& cas) {
  std::vector<std::string> problems;
  const std::shared_ptr<CrlSet> set(new CrlSet);
  for (const File& file : files) {
    absl::StatusOr<std::vector<CrlPtr>> parsed = Parse(file.bytes);
    absl::Status problem = parsed.status();
    for (size_t i = 0; problem.ok() && i < parsed->size(); ++i) {
      absl::StatusOr<List> list = Read(std::move((*parsed)[i]), cas);
      problem = list.status();
      if (list.ok()) set->lists_.push_back(std::make_shared<const List>(*std::move(list)));
    }
    if (!problem.ok()) {
      problems.push_back(absl::StrCat(file.name, ": ", problem.message()));
    }
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  return std::shared_ptr<const CrlSet>(set);
}

std::shared_ptr<const CrlSet> CrlSet::Join(const std::vector<std::shared_ptr<const CrlSet>>& sets) {
  const std::shared_ptr<CrlSet> all(new CrlSet);
  for (const auto& set : sets) {
    all->lists_.insert(all->lists_.end(), set->lists_.begin(), set->lists_.end());
  }
  return all;
}

bool CrlSet::Revokes(X509* certificate) const {
  return std::any_of(lists_.begin(), lists_.end(), [certificate](const auto& list) {
    X509_CRL* const crl = list->crl.get();
    if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)) != 0) {
      return false;
    }
    X509_REVOKED* entry = nullptr;
    return X509_CRL_get0_by_serial(crl, &entry, X509_get_serialNumber(certificate)) != 0;
  });
}

CrlSet::Coverage CrlSet::CoverageOf(const X509* certificate, bool is_ca, absl::Time now) const {
  Coverage coverage;
  for (const auto& list : lists_) {
    if (!(is_ca ? list->ca_certificates : list->user_certificates)) continue;
    if (X509_NAME_cmp(X509_CRL_get_issuer(list->crl.get()), X509_get_issuer_name(certificate)) !=
        0) {
      continue;
    }
    const absl::Time bounds[] = {list->this_update, list->next_update};
    for (const absl::Time bound : bounds) {
      if (bound <= now) {
        coverage.from = std::max(coverage.from, bound);
      } else {
        coverage.until = std::min(coverage.until, bound);
      }
    }
    if (list->this_update <= now && now < list->next_update) coverage.current = true;
  }
  return coverage;
}

absl::Time CrlSet::next_update() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& list : lists_) next = std::min(next, list->next_update);
  return next;
}

}  // namespace warden
