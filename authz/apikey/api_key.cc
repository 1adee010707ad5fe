#include "authz/apikey/api_key.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"

namespace warden {
namespace {

constexpr size_t kSecretOctets = 32;

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsBase64Url(char c) {
  return IsLetterOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

// 32 octets have one text only: the last character's two lowest bits are 0.
bool IsSecret(std::string_view text) {
  constexpr std::string_view kLast = "AEIMQUYcgkosw048";
  return text.size() == kApiKeySecretBytes && std::all_of(text.begin(), text.end(), IsBase64Url) &&
         kLast.find(text.back()) != std::string_view::npos;
}

absl::Status RandomOctets(unsigned char* octets, size_t count) {
  if (RAND_bytes(octets, static_cast<int>(count)) == 1) return absl::OkStatus();
  return absl::InternalError("OpenSSL has no randomness");
}

}  // namespace

bool IsApiKeyId(std::string_view id) {
  return id.size() >= kMinApiKeyIdBytes && id.size() <= kMaxApiKeyIdBytes &&
         IsLetterOrDigit(id.front()) && std::all_of(id.begin(), id.end(), [](char c) {
           return IsLetterOrDigit(c) || c == '_' || c == '-';
         });
}

std::optional<std::string_view> IdOfApiKey(std::string_view text) {
  if (text.size() > kMaxApiKeyBytes || !text.starts_with(kApiKeyPrefix)) return std::nullopt;
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view id = text.substr(kApiKeyPrefix.size(), dot - kApiKeyPrefix.size());
  if (!IsApiKeyId(id) || !IsSecret(text.substr(dot + 1))) return std::nullopt;
  return id;
}

absl::StatusOr<std::string> MakeApiKey(std::string_view id) {
  std::array<unsigned char, kSecretOctets> octets{};
  if (const absl::Status random = RandomOctets(octets.data(), octets.size()); !random.ok()) {
    return random;
  }
  std::string secret =
      Base64UrlEncode({reinterpret_cast<const char*>(octets.data()), octets.size()});
  std::string key = absl::StrCat(std::string(kApiKeyPrefix), std::string(id), ".", secret);
  OPENSSL_cleanse(octets.data(), octets.size());
  OPENSSL_cleanse(secret.data(), secret.size());
  return key;
}

absl::StatusOr<std::string> MakeApiKeyId() {
  constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";  // 32 of them
  std::array<unsigned char, 16> octets{};
  if (const absl::Status random = RandomOctets(octets.data(), octets.size()); !random.ok()) {
    return random;
  }
  std::string id;
  for (const unsigned char octet : octets) id.push_back(kAlphabet[octet % kAlphabet.size()]);
  return id;
}

}  // namespace warden
