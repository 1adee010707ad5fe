#include "interceptors/admin/bearer_secret.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"

namespace warden {
namespace {

constexpr size_t kMaxFile = 4096;
constexpr std::string_view kScheme = "Bearer ";

}  // namespace

absl::StatusOr<std::unique_ptr<BearerSecret>> BearerSecret::Create(std::string path) {
  std::unique_ptr<BearerSecret> secret(new BearerSecret(std::move(path)));
  if (const absl::Status read = secret->Read(&secret->hash_); !read.ok()) return read;
  return secret;
}

absl::Status BearerSecret::Read(Hash* hash) const {
  std::string text;
  if (const absl::Status read = ReadBoundedFile(path_, kMaxFile, &text); !read.ok()) return read;
  size_t length = text.size();
  if (length > 0 && text[length - 1] == '\n') --length;
  if (length > 0 && text[length - 1] == '\r') --length;
  const bool printable = std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(length),
                                     [](char c) { return c > 0x20 && c < 0x7f; });
  const bool good = printable && length >= kLeastCharacters;
  if (good) SHA256(reinterpret_cast<const unsigned char*>(text.data()), length, hash->data());
  OPENSSL_cleanse(text.data(), text.size());
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": must hold a token of at least ", kLeastCharacters,
                   " printable characters without spaces, on one line"));
}

std::optional<absl::Status> BearerSecret::Look() {
  Hash hash{};
  const absl::Status read = Read(&hash);
  std::string problem(read.message());
  bool news = problem != problem_;
  problem_ = std::move(problem);
  if (read.ok() && hash != hash_) {
    hash_ = hash;
    news = true;
  }
  if (!news) return std::nullopt;
  return read;
}

bool BearerSecret::Opens(std::string_view authorization) const {
  const bool scheme =
      authorization.size() > kScheme.size() &&
      absl::EqualsIgnoreCase(absl::string_view(authorization.data(), kScheme.size()),
                             absl::string_view(kScheme.data(), kScheme.size()));
  const std::string_view shown = scheme ? authorization.substr(kScheme.size()) : authorization;
  Hash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(shown.data()), shown.size(), hash.data());
  return CRYPTO_memcmp(hash.data(), hash_.data(), hash.size()) == 0 && scheme;
}

}  // namespace warden
