// The signature algorithms of JOSE that Warden knows (RFC 7518 section 3, RFC 8037 section 3).
#ifndef WARDEN_AUTHZ_TOKEN_ALGORITHM_H_
#define WARDEN_AUTHZ_TOKEN_ALGORITHM_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace warden {

// `none` is not among them, so it can be neither configured nor verified.
enum class Algorithm : uint8_t {
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,
  kHs256,
  kHs384,
  kHs512,
};

inline constexpr size_t kAlgorithmCount = 13;

// All of them, in the order of the enumeration.
absl::Span<const Algorithm> AllAlgorithms();

// The exact, case-sensitive name of RFC 7518: "ES256". Other names, also "es256" and "none", have
// no value.
std::optional<Algorithm> ParseAlgorithm(std::string_view name);

std::string_view AlgorithmName(Algorithm algorithm);

// HS256, HS384 and HS512: who can verify can also sign.
bool IsSymmetric(Algorithm algorithm);

// Octets of the algorithm's hash; 0 for EdDSA, which has its own.
size_t HashBytes(Algorithm algorithm);

// A set of algorithms. A value; copies are cheap.
class AlgorithmSet {
 public:
  AlgorithmSet() = default;
  AlgorithmSet(std::initializer_list<Algorithm> algorithms) {
    for (Algorithm algorithm : algorithms) Add(algorithm);
  }

  void Add(Algorithm algorithm) { bits_ |= Bit(algorithm); }
  bool Contains(Algorithm algorithm) const { return (bits_ & Bit(algorithm)) != 0; }
  bool empty() const { return bits_ == 0; }

  AlgorithmSet Intersect(AlgorithmSet other) const { return AlgorithmSet(bits_ & other.bits_); }
  AlgorithmSet Unite(AlgorithmSet other) const { return AlgorithmSet(bits_ | other.bits_); }

  // "ES256, RS256"; "none of them" where empty. For messages.
  std::string ToString() const;

  friend bool operator==(AlgorithmSet a, AlgorithmSet b) { return a.bits_ == b.bits_; }

 private:
  explicit AlgorithmSet(uint32_t bits) : bits_(bits) {}
  static uint32_t Bit(Algorithm algorithm) { return uint32_t{1} << static_cast<int>(algorithm); }

  uint32_t bits_ = 0;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_ALGORITHM_H_
