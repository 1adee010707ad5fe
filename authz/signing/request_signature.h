// The signature of one request: the metadata entry `x-request-signature`, and what is signed.
#ifndef WARDEN_AUTHZ_SIGNING_REQUEST_SIGNATURE_H_
#define WARDEN_AUTHZ_SIGNING_REQUEST_SIGNATURE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace warden {

inline constexpr char kRequestSignatureEntry[] = "x-request-signature";
inline constexpr size_t kMaxRequestSignatureBytes = 512;

// SHA-256 of the request message as it is sent: serialized, before compression and gRPC's framing.
using BodyDigest = std::array<unsigned char, 32>;

// `v1;keyid=billing-2026;created=1764000000123;nonce=3q2-7wAAAAAAAAAAAAAAAA;sig=...`: exactly these
// parts, in this order. No algorithm is named: the key has one.
struct RequestSignature {
  std::string key_id;      // 1 to 64 of A-Z a-z 0-9 . _ -
  int64_t created_ms = 0;  // Unix time in milliseconds
  std::string nonce;       // 22 to 64 characters of base64url: at least 128 bits
  std::string octets;      // the signature itself; base64url in the entry

  absl::Time created() const { return absl::FromUnixMillis(created_ms); }
};

// Nothing where the text is not exactly of the form above. Allocates no more than the text has.
std::optional<RequestSignature> ParseRequestSignature(std::string_view text);
std::string FormatRequestSignature(const RequestSignature& signature);

// Whether a key can have this id.
bool IsSigningKeyId(std::string_view id);

// What the key signs: seven lines, each ended by "\n",
//
//   warden-request-signature-v1
//   /orders.v1.OrderService/CreateOrder     the path of the call
//   orders.shop.example                     its authority
//   billing-2026                            keyid, as in the entry
//   1764000000123                           created
//   3q2-7wAAAAAAAAAAAAAAAA                  nonce
//   9f86d081...                             the digest of the message, 64 lower-case hex digits
//
// No part can hold a line feed, so no two requests have the same text.
std::string SigningInput(std::string_view method, std::string_view authority,
                         const RequestSignature& signature, const BodyDigest& body);

// A fresh nonce of 128 random bits. "" if the system has none.
std::string MakeNonce();

// The digest of a message in one piece. Nothing if OpenSSL fails.
std::optional<BodyDigest> DigestOf(std::string_view body);

}  // namespace warden

#endif  // WARDEN_AUTHZ_SIGNING_REQUEST_SIGNATURE_H_
