#include "interceptors/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "authz/identity/ca_set.h"
#include "authz/identity/certificate_names.h"

namespace warden {
namespace {

constexpr size_t kMaxPemFile = size_t{4} << 20;
constexpr size_t kMaxCertificates = 4096;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// Never asks a terminal for a pass phrase.
int NoPassPhrase(char*, int, int, void*) { return -1; }

bool Read(const std::string& path, std::string* bytes, ProblemList* problems) {
  const absl::Status read = ReadBoundedFile(path, kMaxPemFile, bytes);
  if (!read.ok()) problems->Add(path, std::string(read.message()));
  return read.ok();
}

// Empty where there is none or one cannot be read; that is a problem then.
std::vector<X509Ptr> Parse(const std::string& path, const std::string& pem, const char* what,
                           ProblemList* problems) {
  absl::StatusOr<std::vector<X509Ptr>> all = ParseCertificates(pem, kMaxCertificates);
  if (all.ok() && !all->empty()) return *std::move(all);
  problems->Add(path, all.ok() || all.status().message().empty()
                          ? absl::StrCat("holds no ", what, " in PEM")
                          : absl::StrCat("holds no good ", what, ": ", all.status().message()));
  return {};
}

// "" where `certificate` is valid at `now`.
std::string WhyInvalid(const X509* certificate, absl::Time now) {
  const absl::Time begin =
      ToTime(X509_get0_notBefore(certificate)).value_or(absl::InfiniteFuture());
  const absl::Time end = ToTime(X509_get0_notAfter(certificate)).value_or(absl::InfinitePast());
  if (now < begin) return absl::StrCat("is not valid before ", absl::FormatTime(begin));
  if (now > end) return absl::StrCat("has expired on ", absl::FormatTime(end));
  return "";
}

bool HasKey(const TlsFiles& files, X509* certificate, const std::string& pem,
            ProblemList* problems) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
  const bool fits = key != nullptr && certificate != nullptr &&
                    X509_check_private_key(certificate, key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr) {
    problems->Add(files.private_key, "holds no unencrypted private key in PEM");
  } else if (certificate != nullptr && !fits) {
    problems->Add(files.private_key, absl::StrCat("is not the key of ", files.certificate));
  }
  return fits;
}

}  // namespace

TlsPair::~TlsPair() { OPENSSL_cleanse(private_key.data(), private_key.size()); }

std::shared_ptr<const TlsPair> ReadTlsPair(const TlsFiles& files, absl::Time now,
                                           ProblemList* problems) {
  auto pair = std::make_shared<TlsPair>();
  std::vector<X509Ptr> chain;
  bool good = Read(files.certificate, &pair->certificate, problems);
  if (good) chain = Parse(files.certificate, pair->certificate, "certificate", problems);
  X509* const leaf = chain.empty() ? nullptr : chain.front().get();
  good = leaf != nullptr;
  if (good) {
    if (std::string why = WhyInvalid(leaf, now); !why.empty()) {
      problems->Add(files.certificate, std::move(why));
      good = false;
    }
    pair->not_after = ToTime(X509_get0_notAfter(leaf)).value_or(absl::InfinitePast());
  }
  const bool read = Read(files.private_key, &pair->private_key, problems);
  good = read && HasKey(files, leaf, pair->private_key, problems) && good;
  return good ? pair : nullptr;
}

std::shared_ptr<const std::string> ReadClientCa(const TlsFiles& files, absl::Time now,
                                                ProblemList* problems) {
  auto pem = std::make_shared<std::string>();
  if (!Read(files.client_ca, pem.get(), problems)) return nullptr;
  const std::vector<X509Ptr> cas = Parse(files.client_ca, *pem, "CA certificate", problems);
  if (cas.empty()) return nullptr;
  const bool valid = std::any_of(cas.begin(), cas.end(), [now](const X509Ptr& ca) {
    return WhyInvalid(ca.get(), now).empty();
  });
  if (valid) return pem;
  problems->Add(files.client_ca, WhyInvalid(cas.front().get(), now));
  return nullptr;
}

absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files, absl::Time now) {
  ProblemList problems;
  const std::shared_ptr<const TlsPair> pair = ReadTlsPair(files, now, &problems);
  ReadClientCa(files, now, &problems);
  if (!problems.empty()) return problems.ToStatus();
  return pair->not_after;
}

}  // namespace warden
