// SipHash-2-4 with 128 bits of output: a keyed hash that cannot be aimed at without its key.
// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", and the authors'
// 128-bit variant.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SIPHASH_H_
#define WARDEN_INTERCEPTORS_LIMITS_SIPHASH_H_

#include <cstdint>
#include <string_view>

namespace warden {

struct SipKey {
  uint64_t k0 = 0, k1 = 0;
  // From the kernel's random numbers. Ends the program if there are none.
  static SipKey Random();
};

struct Hash128 {
  uint64_t low = 0, high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

// The hash of the eight little-endian bytes of `prefix` followed by `data`. Thread-safe, no
// allocation.
Hash128 SipHash128(const SipKey& key, uint64_t prefix, std::string_view data);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SIPHASH_H_
