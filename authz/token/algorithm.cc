#include "authz/token/algorithm.h"

#include <array>

namespace warden {
namespace {

constexpr std::array<Algorithm, kAlgorithmCount> kAll = {
    Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512, Algorithm::kPs256, Algorithm::kPs384,
    Algorithm::kPs512, Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512, Algorithm::kEdDsa,
    Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512};

constexpr std::array<std::string_view, kAlgorithmCount> kNames = {
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"};

}  // namespace

absl::Span<const Algorithm> AllAlgorithms() { return kAll; }

std::optional<Algorithm> ParseAlgorithm(std::string_view name) {
  for (Algorithm algorithm : kAll) {
    if (AlgorithmName(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

std::string_view AlgorithmName(Algorithm algorithm) {
  return kNames[static_cast<size_t>(algorithm)];
}

bool IsSymmetric(Algorithm algorithm) {
  return algorithm == Algorithm::kHs256 || algorithm == Algorithm::kHs384 ||
         algorithm == Algorithm::kHs512;
}

size_t HashBytes(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
    case Algorithm::kPs256:
    case Algorithm::kEs256:
    case Algorithm::kHs256:
      return 32;
    case Algorithm::kRs384:
    case Algorithm::kPs384:
    case Algorithm::kEs384:
    case Algorithm::kHs384:
      return 48;
    case Algorithm::kRs512:
    case Algorithm::kPs512:
    case Algorithm::kEs512:
    case Algorithm::kHs512:
      return 64;
    case Algorithm::kEdDsa:
      return 0;
  }
  return 0;
}

std::string AlgorithmSet::ToString() const {
  std::string out;
  for (Algorithm algorithm : kAll) {
    if (!Contains(algorithm)) continue;
    if (!out.empty()) out += ", ";
    out += AlgorithmName(algorithm);
  }
  return out.empty() ? "none of them" : out;
}

}  // namespace warden
