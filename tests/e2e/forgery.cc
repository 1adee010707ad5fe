#include "tests/e2e/forgery.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/world.h"

namespace warden::testing {
namespace {

using Json = nlohmann::json;

std::string Encode(const std::string& bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string SigningInput(const Json& header) {
  return absl::StrCat(Encode(header.dump()), ".", Encode(GoodClaims().dump()));
}

std::string Wrapped(const std::string& label, const std::string& der) {
  std::string text = absl::Base64Escape(der);
  for (size_t i = 64; i < text.size(); i += 65) text.insert(i, "\n");
  return absl::StrCat("-----BEGIN ", label, "-----\n", text, "\n-----END ", label, "-----\n");
}

std::string Member(const Json& jwk, const char* name) {
  std::string bytes;
  absl::WebSafeBase64Unescape(jwk.at(name).get<std::string>(), &bytes);
  return bytes;
}

std::string Der(char tag, const std::string& content) {
  std::string length;
  if (content.size() < 128) {
    length.push_back(static_cast<char>(content.size()));
  } else {
    length = {static_cast<char>(0x82), static_cast<char>(content.size() >> 8),
              static_cast<char>(content.size())};
  }
  return absl::StrCat(std::string(1, tag), length, content);
}

// SubjectPublicKeyInfo, RFC 3279 section 2.3 and RFC 5480 section 2.
std::string PublicPem(const Json& jwk) {
  constexpr char kSequence = 0x30;
  constexpr char kInteger = 0x02;
  constexpr char kBitString = 0x03;
  const std::string no_unused_bits(1, '\0');
  std::string algorithm;
  std::string key;
  if (jwk.at("kty") == "RSA") {
    algorithm = absl::HexStringToBytes("300d06092a864886f70d0101010500");
    key = Der(kSequence, Der(kInteger, std::string(1, '\0') + Member(jwk, "n")) +
                             Der(kInteger, Member(jwk, "e")));
  } else {
    algorithm = absl::HexStringToBytes("301306072a8648ce3d020106082a8648ce3d030107");
    key = absl::StrCat("\x04", Member(jwk, "x"), Member(jwk, "y"));
  }
  return Wrapped("PUBLIC KEY", Der(kSequence, algorithm + Der(kBitString, no_unused_bits + key)));
}

bool IsPublicKey(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> reader(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PUBKEY(reader.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  return key != nullptr;
}

}  // namespace

Json GoodClaims() { return World::Claims("admin", {"admin"}); }

std::string Sign(const SigningKey& key, const Json& claims, const Json& header) {
  Json merged = {{"typ", "JWT"}, {"alg", AlgorithmName(key.algorithm())}, {"kid", key.key_id()}};
  merged.merge_patch(header);
  const std::string input = absl::StrCat(Encode(merged.dump()), ".", Encode(claims.dump()));
  return absl::StrCat(input, ".", Encode(key.Sign(input).value()));
}

std::string Unsigned(const std::string& algorithm) {
  return SigningInput({{"alg", algorithm}, {"typ", "JWT"}, {"kid", "key-1"}}) + ".";
}

std::string KeyedWithPublicKey(const SigningKey& key, const std::string& key_id) {
  const std::string secret = PublicPem(key.PublicJwk().value());
  if (!IsPublicKey(secret)) throw std::logic_error("not a public key");
  const std::string input = SigningInput({{"alg", "HS256"}, {"typ", "JWT"}, {"kid", key_id}});
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size);
  return absl::StrCat(input, ".", Encode(std::string(reinterpret_cast<char*>(mac), size)));
}

std::string Spliced(const std::string& token, const std::string& other) {
  const std::vector<std::string> own = absl::StrSplit(token, '.');
  const std::vector<std::string> foreign = absl::StrSplit(other, '.');
  return absl::StrCat(own[0], ".", foreign[1], ".", own[2]);
}

std::string SignatureSpoiled(std::string token) {
  char& first = token[token.rfind('.') + 1];
  first = first == 'A' ? 'B' : 'A';
  return token;
}

}  // namespace warden::testing
