#include "interceptors/limits/siphash.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>
#include <memory>
#include <string>

namespace warden {
namespace {

// OpenSSL's SipHash-2-4 with 128 bits, an independent implementation.
Hash128 Reference(const SipKey& key, const std::string& message) {
  unsigned char raw_key[16];
  std::memcpy(raw_key, &key.k0, 8);
  std::memcpy(raw_key + 8, &key.k1, 8);
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  size_t size = 16;
  OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                         OSSL_PARAM_construct_end()};
  unsigned char out[16] = {};
  size_t written = 0;
  EXPECT_EQ(EVP_MAC_init(context, raw_key, sizeof raw_key, params), 1);
  EXPECT_EQ(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(message.data()),
                           message.size()),
            1);
  EXPECT_EQ(EVP_MAC_final(context, out, &written, sizeof out), 1);
  EXPECT_EQ(written, 16u);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  Hash128 hash;
  std::memcpy(&hash.low, out, 8);
  std::memcpy(&hash.high, out + 8, 8);
  return hash;
}

// The authors' vector for the message 00 01 .. 07 under the key 00 01 .. 0f (vectors_sip128[8]).
TEST(SipHashTest, MatchesThePublishedVector) {
  const SipKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const Hash128 hash = SipHash128(key, 0x0706050403020100, "");
  const unsigned char expected[16] = {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61,
                                      0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4};
  Hash128 wanted;
  std::memcpy(&wanted.low, expected, 8);
  std::memcpy(&wanted.high, expected + 8, 8);
  EXPECT_EQ(hash, wanted) << std::hex << hash.low << " " << hash.high;
}

TEST(SipHashTest, AgreesWithOpenSslForEveryLength) {
  const SipKey key = SipKey::Random();
  std::string data;
  for (int i = 0; i < 300; ++i) {
    const uint64_t prefix = 0x0123456789abcdef * static_cast<uint64_t>(i + 1);
    std::string message(reinterpret_cast<const char*>(&prefix), sizeof prefix);
    message += data;
    ASSERT_EQ(SipHash128(key, prefix, data), Reference(key, message)) << i;
    data.push_back(static_cast<char>(i * 37 + 200));
  }
}

TEST(SipHashTest, RandomKeysDiffer) {
  const SipKey a = SipKey::Random();
  const SipKey b = SipKey::Random();
  EXPECT_FALSE(a.k0 == b.k0 && a.k1 == b.k1);
}

}  // namespace
}  // namespace warden
