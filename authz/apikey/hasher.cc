#include "authz/apikey/hasher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "authz/sync/published.h"
#include "authz/token/openssl.h"

namespace warden {
namespace {

constexpr std::string_view kHashPrefix = "hmac-sha256:";

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string ToString(const ApiKeyHash& hash) {
  return absl::StrCat(std::string(kHashPrefix),
                      absl::BytesToHexString(absl::string_view(
                          reinterpret_cast<const char*>(hash.data()), hash.size())));
}

std::optional<ApiKeyHash> ParseApiKeyHash(std::string_view text) {
  if (!text.starts_with(kHashPrefix)) return std::nullopt;
  const std::string_view digits = text.substr(kHashPrefix.size());
  ApiKeyHash hash;
  if (digits.size() != 2 * hash.size() || !std::all_of(digits.begin(), digits.end(), IsLowerHex)) {
    return std::nullopt;
  }
  const std::string bytes = absl::HexStringToBytes({digits.data(), digits.size()});
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

absl::StatusOr<std::shared_ptr<const ApiKeyHasher>> ApiKeyHasher::FromFile(
    const std::string& path) {
  std::string secret;
  absl::Status read = ReadBoundedFile(path, kMaxSecretBytes, &secret);
  if (!read.ok()) return read;
  absl::StatusOr<std::shared_ptr<const ApiKeyHasher>> hasher = FromSecret(secret);
  OPENSSL_cleanse(secret.data(), secret.size());
  if (hasher.ok()) return hasher;
  return absl::Status(hasher.status().code(), absl::StrCat(path, ": ", hasher.status().message()));
}

absl::StatusOr<std::shared_ptr<const ApiKeyHasher>> ApiKeyHasher::FromSecret(
    std::string_view secret) {
  if (secret.size() < kMinSecretBytes || secret.size() > kMaxSecretBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a hash secret has ", kMinSecretBytes, " to ", kMaxSecretBytes, " bytes, and this one has ",
        secret.size(), "; make one with `openssl rand -out FILE 32`"));
  }
  std::shared_ptr<ApiKeyHasher> hasher(new ApiKeyHasher);
  if (const absl::Status status = hasher->Init(secret); !status.ok()) return status;
  return std::shared_ptr<const ApiKeyHasher>(std::move(hasher));
}

absl::Status ApiKeyHasher::Init(std::string_view secret) {
  const openssl::ErrorMark mark;
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  bool good = mac != nullptr;
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  for (size_t i = 0; good && i < kSlots; ++i) {
    MutexLock lock(&slots_[i].mutex);
    slots_[i].context = EVP_MAC_CTX_new(mac);
    good = slots_[i].context != nullptr && EVP_MAC_init(slots_[i].context, openssl::Octets(secret),
                                                        secret.size(), parameters.data()) == 1;
  }
  EVP_MAC_free(mac);
  return good ? absl::OkStatus() : absl::InternalError("HMAC-SHA-256 is not available");
}

ApiKeyHasher::~ApiKeyHasher() {
  for (Slot& slot : slots_) {
    MutexLock lock(&slot.mutex);
    EVP_MAC_CTX_free(slot.context);  // wipes its copy of the secret
  }
}

std::optional<ApiKeyHash> ApiKeyHasher::Hash(std::string_view key) const {
  const openssl::ErrorMark mark;
  ApiKeyHash hash;
  size_t size = 0;
  Slot& slot = slots_[ThreadNumber() % kSlots];
  MutexLock lock(&slot.mutex);
  // Without a key: the one that it has.
  const bool good = EVP_MAC_init(slot.context, nullptr, 0, nullptr) == 1 &&
                    EVP_MAC_update(slot.context, openssl::Octets(key), key.size()) == 1 &&
                    EVP_MAC_final(slot.context, hash.data(), &size, hash.size()) == 1;
  if (!good || size != hash.size()) return std::nullopt;
  return hash;
}

}  // namespace warden
