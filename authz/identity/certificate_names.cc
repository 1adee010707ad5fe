#include "authz/identity/certificate_names.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

struct BioDelete {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

struct NamesDelete {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// A PEM that is encrypted must not make OpenSSL ask the terminal for a passphrase.
int NoPassphrase(char*, int, int, void*) { return 0; }

std::string_view Bytes(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

// URIs and DNS names are IA5String: ASCII, and never with a blank or control character.
absl::Status CheckSan(std::string_view name, std::string_view kind) {
  if (name.empty()) return absl::InvalidArgumentError(absl::StrCat("an empty ", std::string(kind)));
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) {
      return absl::InvalidArgumentError(
          absl::StrCat("a ", std::string(kind), " with byte 0x", absl::Hex(byte, absl::kZeroPad2)));
    }
  }
  return absl::OkStatus();
}

absl::Status AddSan(const GENERAL_NAME* name, CertificateNames* out) {
  if (name->type == GEN_URI) {
    const std::string_view uri = Bytes(name->d.uniformResourceIdentifier);
    if (absl::Status status = CheckSan(uri, "URI SAN"); !status.ok()) return status;
    out->uri_sans.emplace_back(uri);
  } else if (name->type == GEN_DNS) {
    const std::string_view dns = Bytes(name->d.dNSName);
    if (absl::Status status = CheckSan(dns, "DNS SAN"); !status.ok()) return status;
    out->dns_sans.emplace_back(dns);
  }
  return absl::OkStatus();
}

absl::Status ReadSans(X509* certificate, size_t max_names, CertificateNames* out) {
  int critical = 0;
  std::unique_ptr<GENERAL_NAMES, NamesDelete> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (names == nullptr) {
    if (critical == -1) return absl::OkStatus();  // absent
    return absl::DataLossError(critical == -2 ? "the subjectAltName extension is there twice"
                                              : "the subjectAltName extension cannot be decoded");
  }
  const int count = sk_GENERAL_NAME_num(names.get());
  if (static_cast<size_t>(count) > max_names) {
    return absl::ResourceExhaustedError(absl::StrCat("more than ", max_names, " SANs"));
  }
  for (int i = 0; i < count; ++i) {
    absl::Status status = AddSan(sk_GENERAL_NAME_value(names.get(), i), out);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// OpenSSL refuses invalid UTF-8 while converting; control characters are left to this.
absl::Status CheckCommonName(std::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("an empty common name");
  for (size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool c1 = byte == 0xc2 && i + 1 < name.size() &&
                    static_cast<unsigned char>(name[i + 1]) < 0xa0;  // U+0080 to U+009F
    if (byte < 0x20 || byte == 0x7f || c1) {
      return absl::InvalidArgumentError("a common name with a NUL or control character");
    }
  }
  return absl::OkStatus();
}

// DirectoryString and IA5String, RFC 5280 section 4.1.2.4. OpenSSL would convert other types as
// well.
bool IsText(const ASN1_STRING* string) {
  constexpr unsigned long kText = B_ASN1_UTF8STRING | B_ASN1_PRINTABLESTRING | B_ASN1_IA5STRING |
                                  B_ASN1_T61STRING | B_ASN1_BMPSTRING | B_ASN1_UNIVERSALSTRING;
  return (ASN1_tag2bit(ASN1_STRING_type(string)) & kText) != 0;
}

absl::Status ReadCommonName(X509* certificate, size_t max_names, CertificateNames* out) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  size_t seen = 0;
  for (int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) {
    if (++seen > max_names) {
      return absl::ResourceExhaustedError(absl::StrCat("more than ", max_names, " common names"));
    }
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    unsigned char* utf8 = nullptr;
    const int length = IsText(text) ? ASN1_STRING_to_UTF8(&utf8, text) : -1;
    if (length < 0) return absl::InvalidArgumentError("a common name that is not text");
    std::string name(reinterpret_cast<char*>(utf8), static_cast<size_t>(length));
    OPENSSL_free(utf8);
    if (absl::Status status = CheckCommonName(name); !status.ok()) return status;
    // Which of several names the peer goes by would be a guess, so it goes by none.
    out->common_name = seen == 1 ? std::move(name) : std::string();
  }
  return absl::OkStatus();
}

}  // namespace

X509Ptr ParseLeaf(std::string_view pem) {
  std::unique_ptr<BIO, BioDelete> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return nullptr;
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return certificate;
}

absl::StatusOr<CertificateNames> ReadNames(X509* certificate, size_t max_names) {
  CertificateNames names;
  absl::Status status = ReadSans(certificate, max_names, &names);
  if (status.ok()) status = ReadCommonName(certificate, max_names, &names);
  ERR_clear_error();
  if (!status.ok()) return status;
  return names;
}

absl::StatusOr<bool> IsLeaf(X509* certificate) {
  // Decodes basicConstraints and keyUsage, among others, and remembers them in the certificate.
  const uint32_t flags = X509_get_extension_flags(certificate);
  ERR_clear_error();
  if ((flags & EXFLAG_INVALID) != 0) return absl::DataLossError("an extension cannot be decoded");
  if ((flags & EXFLAG_CA) != 0) return false;
  // Without the extension every usage is allowed by RFC 5280, and X509_get_key_usage says so; a CA
  // needs basicConstraints as well, so that alone does not make one.
  if ((flags & EXFLAG_KUSAGE) == 0) return true;
  return (X509_get_key_usage(certificate) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) == 0;
}

std::string Fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return "";
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), size});
}

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("a validity bound that is not a time");
  }
  const absl::CivilSecond civil(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

}  // namespace warden
