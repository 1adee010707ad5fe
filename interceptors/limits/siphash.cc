#include "interceptors/limits/siphash.h"

#include <unistd.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace warden {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

class State {
 public:
  explicit State(const SipKey& key)
      : v0_(key.k0 ^ 0x736f6d6570736575),
        v1_(key.k1 ^ 0x646f72616e646f6d ^ 0xee),  // 0xee: 128 bits of output
        v2_(key.k0 ^ 0x6c7967656e657261),
        v3_(key.k1 ^ 0x7465646279746573) {}

  void Absorb(uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
  }

  Hash128 Finish() {
    v2_ ^= 0xee;
    const uint64_t low = Squeeze();
    v1_ ^= 0xdd;
    return {low, Squeeze()};
  }

 private:
  void Round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  uint64_t Squeeze() {
    for (int i = 0; i < 4; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  uint64_t v0_, v1_, v2_, v3_;
};

uint64_t Load(const char* bytes, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

}  // namespace

SipKey SipKey::Random() {
  SipKey key;
  if (getentropy(&key, sizeof key) != 0) {
    // A known key would let callers aim at each other's buckets.
    std::fputs("warden: the kernel gives no random numbers\n", stderr);
    std::abort();
  }
  return key;
}

Hash128 SipHash128(const SipKey& key, uint64_t prefix, std::string_view data) {
  State state(key);
  state.Absorb(prefix);
  const uint64_t total = data.size() + sizeof prefix;
  while (data.size() >= 8) {
    state.Absorb(Load(data.data(), 8));
    data.remove_prefix(8);
  }
  // The last word: what is left, and the length in its topmost byte.
  uint64_t last = total << 56;
  if (!data.empty()) last |= Load(data.data(), data.size());
  state.Absorb(last);
  return state.Finish();
}

}  // namespace warden
