// One entry of the block list: who is refused, until when and why.
#ifndef WARDEN_INTERCEPTORS_ABUSE_BLOCK_H_
#define WARDEN_INTERCEPTORS_ABUSE_BLOCK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/identity/address_set.h"

namespace warden {

enum class BlockKind : uint8_t {
  kPeer,       // by SPIFFE ID, else by the SHA-256 of its certificate
  kAddress,    // by range
  kPrincipal,  // by issuer and subject
};
inline constexpr size_t kBlockKinds = 3;
inline constexpr std::array<BlockKind, kBlockKinds> kAllBlockKinds = {
    BlockKind::kPeer, BlockKind::kAddress, BlockKind::kPrincipal};

// snake_case, for metrics and messages: "peer", "address", "principal".
std::string_view ToString(BlockKind kind);

// Whom an entry is about, in its one normal form:
//   kPeer       "spiffe://shop.example/orders", or 64 lower-case hex digits
//   kAddress    "203.0.113.7/32", "2001:db8:1:2::/64"
//   kPrincipal  PrincipalValue()
struct BlockKey {
  BlockKind kind = BlockKind::kPeer;
  std::string value;

  friend bool operator==(const BlockKey&, const BlockKey&) = default;
};

struct Block {
  BlockKey key;
  absl::Time until = absl::InfiniteFuture();  // no effect from then on
  absl::Time made_at = absl::InfinitePast();
  std::string reason;  // for operators
  std::string by;      // who made it; kByPenalty, or an admin's name

  friend bool operator==(const Block&, const Block&) = default;
};

inline constexpr std::string_view kByPenalty = "warden";
inline constexpr size_t kMaxBlockNameBytes = 512;    // of an issuer or subject
inline constexpr size_t kMaxBlockPeerBytes = 2048;   // SPIFFE-ID, section 2.3
inline constexpr size_t kMaxBlockReasonBytes = 256;  // and of `by`

// An issuer has no line break, so the first one ends it. The issuer of an API key's subject is "".
std::string PrincipalValue(std::string_view issuer, std::string_view subject);
struct IssuerAndSubject {
  std::string_view issuer, subject;
};
IssuerAndSubject SplitPrincipal(std::string_view value);

// A range of addresses.
struct AddressRange {
  IpAddress first;
  int bits = 0;

  // Of `bits` bits around `address`.
  static AddressRange Around(const IpAddress& address, int bits);
  // What counts as one host: an IPv4 address, or the /64 of an IPv6 address (RFC 6177). Nullopt for
  // what is no IP address, such as a Unix socket.
  static std::optional<AddressRange> OfHost(std::string_view address);
  // "203.0.113.0/24", or a single address, which stands for its host. InvalidArgument for anything
  // else, and where bits are set behind the prefix.
  static absl::StatusOr<AddressRange> Parse(std::string_view text);
  std::string ToString() const;  // "203.0.113.0/24"
};

// A key in normal form from what somebody wrote. InvalidArgument says what is wrong with it.
absl::StatusOr<BlockKey> PeerKey(std::string_view text);
absl::StatusOr<BlockKey> AddressKey(std::string_view text);
absl::StatusOr<BlockKey> PrincipalKey(std::string_view issuer, std::string_view subject);

// For people: "peer spiffe://...", "principal alice of https://...".
std::string Describe(const BlockKey& key);

// One text for a key and back, for stores: "address\n203.0.113.7/32". InvalidArgument where it is
// none.
std::string EncodeBlockKey(const BlockKey& key);
absl::StatusOr<BlockKey> DecodeBlockKey(std::string_view text);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_BLOCK_H_
