#include "interceptors/tls_files.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"

namespace warden {
namespace {

constexpr size_t kMaxPemFile = size_t{1} << 20;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

// Never asks a terminal for a pass phrase.
int NoPassPhrase(char*, int, int, void*) { return -1; }

Bio OpenPem(const std::string& path, std::string* bytes, ProblemList* problems) {
  const absl::Status read = ReadBoundedFile(path, kMaxPemFile, bytes);
  if (!read.ok()) {
    problems->Add(path, std::string(read.message()));
    return nullptr;
  }
  return Bio(BIO_new_mem_buf(bytes->data(), static_cast<int>(bytes->size())));
}

Certificate ReadCertificate(const std::string& path, std::string_view what, ProblemList* problems) {
  std::string bytes;
  const Bio bio = OpenPem(path, &bytes, problems);
  if (bio == nullptr) return nullptr;
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassPhrase, nullptr));
  if (certificate == nullptr) {
    problems->Add(
        path, absl::StrCat("holds no ", absl::string_view(what.data(), what.size()), " in PEM"));
  }
  ERR_clear_error();
  return certificate;
}

Key ReadKey(const std::string& path, ProblemList* problems) {
  std::string bytes;
  const Bio bio = OpenPem(path, &bytes, problems);
  if (bio == nullptr) return nullptr;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
  if (key == nullptr) problems->Add(path, "holds no unencrypted private key in PEM");
  ERR_clear_error();
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

void CheckValidity(const std::string& path, const X509* certificate, absl::Time now,
                   ProblemList* problems) {
  const absl::Time begin = TimeOf(X509_get0_notBefore(certificate));
  const absl::Time end = TimeOf(X509_get0_notAfter(certificate));
  if (now < begin)
    problems->Add(path, absl::StrCat("is not valid before ", absl::FormatTime(begin)));
  if (now > end) problems->Add(path, absl::StrCat("has expired on ", absl::FormatTime(end)));
}

}  // namespace

absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files, absl::Time now) {
  ProblemList problems;
  const Certificate certificate = ReadCertificate(files.certificate, "certificate", &problems);
  const Key key = ReadKey(files.private_key, &problems);
  const Certificate ca = ReadCertificate(files.client_ca, "CA certificate", &problems);
  if (certificate != nullptr) CheckValidity(files.certificate, certificate.get(), now, &problems);
  if (ca != nullptr) CheckValidity(files.client_ca, ca.get(), now, &problems);
  if (certificate != nullptr && key != nullptr &&
      X509_check_private_key(certificate.get(), key.get()) != 1) {
    problems.Add(files.private_key, absl::StrCat("is not the key of ", files.certificate));
    ERR_clear_error();
  }
  if (!problems.empty()) return problems.ToStatus();
  return TimeOf(X509_get0_notAfter(certificate.get()));
}

}  // namespace warden
