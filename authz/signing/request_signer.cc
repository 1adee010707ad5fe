#include "authz/signing/request_signer.h"

#include <utility>

namespace warden {

absl::StatusOr<RequestSigner> RequestSigner::Create(SigningKey key) {
  if (key.algorithm() != Algorithm::kHs256 && key.algorithm() != Algorithm::kEdDsa) {
    return absl::InvalidArgumentError("requests are signed with HS256 or EdDSA; make such a key");
  }
  if (!IsSigningKeyId(key.key_id())) {
    return absl::InvalidArgumentError(
        "the key's `kid` must be the id that the server knows it by: 1 to 64 letters, digits, `.`, "
        "`_` and `-`");
  }
  return RequestSigner(std::move(key));
}

absl::StatusOr<std::string> RequestSigner::Sign(std::string_view method, std::string_view authority,
                                                std::string_view body, absl::Time now) const {
  RequestSignature signature{
      .key_id = key_.key_id(), .created_ms = absl::ToUnixMillis(now), .nonce = MakeNonce()};
  const std::optional<BodyDigest> digest = DigestOf(body);
  if (signature.nonce.empty() || !digest.has_value()) {
    return absl::InternalError("no random numbers, or no SHA-256");
  }
  absl::StatusOr<std::string> octets =
      key_.Sign(SigningInput(method, authority, signature, *digest));
  if (!octets.ok()) return octets.status();
  signature.octets = *std::move(octets);
  return FormatRequestSignature(signature);
}

}  // namespace warden
