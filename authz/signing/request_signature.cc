#include "authz/signing/request_signature.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/openssl.h"

namespace warden {
namespace {

constexpr std::string_view kInputVersion = "warden-request-signature-v1";
constexpr size_t kMaxKeyIdBytes = 64;
constexpr size_t kMinNonceBytes = 22;
constexpr size_t kMaxNonceBytes = 64;
constexpr int64_t kMaxCreatedMs = int64_t{253'402'300'800} * 1000;  // year 10000

bool IsBase64Url(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

// Takes `prefix` and what follows it up to the next ';' off the text.
std::optional<std::string_view> TakePart(std::string_view prefix, std::string_view* text) {
  if (!text->starts_with(prefix)) return std::nullopt;
  text->remove_prefix(prefix.size());
  const size_t end = std::min(text->find(';'), text->size());
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return part;
}

// Decimal digits without sign or leading zero: one number has one text.
std::optional<int64_t> ParseMillis(std::string_view text) {
  int64_t value = 0;
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || value >= kMaxCreatedMs) return std::nullopt;
  return value;
}

}  // namespace

bool IsSigningKeyId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxKeyIdBytes &&
         std::all_of(id.begin(), id.end(), [](char c) { return IsBase64Url(c) || c == '.'; });
}

std::optional<RequestSignature> ParseRequestSignature(std::string_view text) {
  if (text.size() > kMaxRequestSignatureBytes) return std::nullopt;
  const std::string_view whole = text;
  const auto version = TakePart("v1", &text);
  if (!version.has_value() || !version->empty()) return std::nullopt;
  const auto key_id = TakePart("keyid=", &text);
  const auto created = TakePart("created=", &text);
  const auto nonce = TakePart("nonce=", &text);
  const auto signature = TakePart("sig=", &text);
  if (!key_id || !created || !nonce || !signature || !text.empty()) return std::nullopt;
  const std::optional<int64_t> created_ms = ParseMillis(*created);
  std::optional<std::string> octets = Base64UrlDecode(*signature);
  if (!IsSigningKeyId(*key_id) || !created_ms || !octets || octets->empty() ||
      nonce->size() < kMinNonceBytes || nonce->size() > kMaxNonceBytes ||
      !std::all_of(nonce->begin(), nonce->end(), IsBase64Url)) {
    return std::nullopt;
  }
  RequestSignature read{.key_id = std::string(*key_id),
                        .created_ms = *created_ms,
                        .nonce = std::string(*nonce),
                        .octets = *std::move(octets)};
  // One signature has one text.
  if (FormatRequestSignature(read) != whole) return std::nullopt;
  return read;
}

std::string FormatRequestSignature(const RequestSignature& signature) {
  return absl::StrCat("v1;keyid=", signature.key_id, ";created=", signature.created_ms,
                      ";nonce=", signature.nonce, ";sig=", Base64UrlEncode(signature.octets));
}

std::string SigningInput(std::string_view method, std::string_view authority,
                         const RequestSignature& signature, const BodyDigest& body) {
  const absl::string_view digest(reinterpret_cast<const char*>(body.data()), body.size());
  const auto piece = [](std::string_view text) {
    return absl::string_view(text.data(), text.size());
  };
  return absl::StrCat(piece(kInputVersion), "\n", piece(method), "\n", piece(authority), "\n",
                      signature.key_id, "\n", signature.created_ms, "\n", signature.nonce, "\n",
                      absl::BytesToHexString(digest), "\n");
}

std::string MakeNonce() {
  std::array<unsigned char, 16> random;
  const openssl::ErrorMark mark;
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return "";
  return Base64UrlEncode({reinterpret_cast<const char*>(random.data()), random.size()});
}

std::optional<BodyDigest> DigestOf(std::string_view body) {
  BodyDigest digest;
  const openssl::ErrorMark mark;
  if (EVP_Digest(body.data(), body.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return std::nullopt;
  }
  return digest;
}

}  // namespace warden
