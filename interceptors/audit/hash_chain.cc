#include "interceptors/audit/hash_chain.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr std::string_view kSeq = "{\"seq\":";
constexpr std::string_view kPrev = ",\"prev\":\"";
constexpr std::string_view kHash = "\",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";

const unsigned char* Octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool IsHash(std::string_view text) {
  return text.size() == kAuditHashDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Takes `what` off the end.
bool TakeEnd(std::string_view what, std::string_view* text) {
  if (text->size() < what.size() || text->substr(text->size() - what.size()) != what) return false;
  text->remove_suffix(what.size());
  return true;
}

bool TakeHash(std::string_view* text, std::string_view* hash) {
  if (text->size() < kAuditHashDigits) return false;
  *hash = text->substr(text->size() - kAuditHashDigits);
  text->remove_suffix(kAuditHashDigits);
  return IsHash(*hash);
}

}  // namespace

HashChain::~HashChain() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string HashChain::HashOf(std::string_view bytes) const {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  if (keyed()) {
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), Octets(bytes), bytes.size(),
         hash.data(), nullptr);
  } else {
    SHA256(Octets(bytes), bytes.size(), hash.data());
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

std::string HashChain::Link(std::string_view members, ChainHead* head) const {
  std::string line;
  line.reserve(members.size() + 256);
  line.append(kSeq);
  absl::StrAppend(&line, head->seq + 1, ",");
  line.append(members).append(kPrev).append(head->hash).append("\"");
  head->hash = HashOf(line);
  ++head->seq;
  line.pop_back();  // kHash begins with that quote
  line.append(kHash).append(head->hash).append(kEnd).append("\n");
  return line;
}

std::optional<ChainedLine> SplitChainedLine(std::string_view line) {
  ChainedLine parts;
  std::string_view rest = line;
  if (!TakeEnd(kEnd, &rest) || !TakeHash(&rest, &parts.hash) || !TakeEnd(kHash, &rest)) {
    return std::nullopt;
  }
  parts.hashed = line.substr(0, rest.size() + 1);
  if (!TakeHash(&rest, &parts.prev) || !TakeEnd(kPrev, &rest)) return std::nullopt;
  if (rest.substr(0, kSeq.size()) != kSeq) return std::nullopt;
  rest.remove_prefix(kSeq.size());
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), parts.seq);
  const bool good =
      error == std::errc() && end < rest.data() + rest.size() && *end == ',' && rest.front() != '0';
  if (!good) return std::nullopt;
  return parts;
}

absl::Status ReadChainKey(const std::string& path, std::string* key) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // the key is to be in no other memory
  key->assign(kMaxChainKeyBytes + 2, '\0');
  key->resize(std::fread(key->data(), 1, key->size(), file.get()));
  if (!key->empty() && key->back() == '\n') key->pop_back();
  const bool good = std::ferror(file.get()) == 0 && key->size() >= kMinChainKeyBytes &&
                    key->size() <= kMaxChainKeyBytes;
  if (good) return absl::OkStatus();
  OPENSSL_cleanse(key->data(), key->size());
  key->clear();
  return absl::InvalidArgumentError(absl::StrCat(path, ": must have ", kMinChainKeyBytes, " to ",
                                                 kMaxChainKeyBytes,
                                                 " bytes: `openssl rand -hex 32`"));
}

}  // namespace warden
