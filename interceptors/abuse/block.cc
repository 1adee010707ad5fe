#include "interceptors/abuse/block.h"

#include <arpa/inet.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "authz/config/plain_text.h"
#include "authz/identity/fingerprint.h"
#include "authz/identity/spiffe_id.h"

namespace warden {
namespace {

constexpr std::array<std::string_view, kBlockKinds> kKindNames = {"peer", "address", "principal"};
constexpr int kIpv4Bits = 32;
constexpr int kIpv6HostBits = 64;

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string_view ToString(BlockKind kind) {
  return kKindNames[static_cast<size_t>(kind) % kBlockKinds];
}

std::string PrincipalValue(std::string_view issuer, std::string_view subject) {
  std::string value;
  value.reserve(issuer.size() + 1 + subject.size());
  value.append(issuer).append("\n").append(subject);
  return value;
}

IssuerAndSubject SplitPrincipal(std::string_view value) {
  const size_t end = value.find('\n');
  if (end == value.npos) return {"", value};
  return {value.substr(0, end), value.substr(end + 1)};
}

AddressRange AddressRange::Around(const IpAddress& address, int bits) {
  AddressRange range{address, bits};
  const int width = address.ipv6 ? 128 : kIpv4Bits;
  for (int bit = bits; bit < width; ++bit) {
    range.first.bytes[static_cast<size_t>(bit / 8)] &= static_cast<uint8_t>(~(0x80 >> (bit % 8)));
  }
  return range;
}

std::optional<AddressRange> AddressRange::OfHost(std::string_view address) {
  const std::optional<IpAddress> parsed = IpAddress::Parse(address);
  if (!parsed.has_value()) return std::nullopt;
  return Around(*parsed, parsed->ipv6 ? kIpv6HostBits : kIpv4Bits);
}

absl::StatusOr<AddressRange> AddressRange::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) {
    const std::optional<AddressRange> host = OfHost(text);
    // A zone names a link of one machine.
    if (host.has_value() && text.find('%') == text.npos) return *host;
  }
  AddressSet checked;  // is strict, and says what is wrong
  if (absl::Status status = checked.Add(text); !status.ok()) return status;
  const std::optional<IpAddress> first = IpAddress::Parse(text.substr(0, slash));
  int bits = 0;
  if (!first.has_value() || !absl::SimpleAtoi(Absl(text.substr(slash + 1)), &bits)) {
    return absl::InvalidArgumentError("must be an address range such as `10.0.0.0/8`");
  }
  if (!first->ipv6 && text.find(':') != text.npos) {  // IPv4, mapped into IPv6
    if (bits < 96) return absl::InvalidArgumentError("holds more than addresses of one family");
    bits -= 96;
  }
  return Around(*first, bits);
}

std::string AddressRange::ToString() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_ntop(first.ipv6 ? AF_INET6 : AF_INET, first.bytes.data(), text, sizeof(text)) ==
      nullptr) {
    return "";
  }
  return absl::StrCat(text, "/", bits);
}

absl::StatusOr<BlockKey> PeerKey(std::string_view text) {
  if (std::string digits = NormalFingerprint(text); !digits.empty()) {
    return BlockKey{BlockKind::kPeer, std::move(digits)};
  }
  if (text.size() <= kMaxBlockPeerBytes && SpiffeId::Parse(text).ok()) {
    return BlockKey{BlockKind::kPeer, std::string(text)};
  }
  return absl::InvalidArgumentError(
      "peer: must be a SPIFFE ID, or the SHA-256 of a certificate in hexadecimal");
}

absl::StatusOr<BlockKey> AddressKey(std::string_view text) {
  const absl::StatusOr<AddressRange> range = AddressRange::Parse(text);
  if (!range.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("address: ", range.status().message()));
  }
  return BlockKey{BlockKind::kAddress, range->ToString()};
}

absl::StatusOr<BlockKey> PrincipalKey(std::string_view issuer, std::string_view subject) {
  if (subject.empty()) return absl::InvalidArgumentError("principal: has no subject");
  for (const absl::Status& status :
       {CheckPlainText("principal: the issuer", issuer, kMaxBlockNameBytes),
        CheckPlainText("principal: the subject", subject, kMaxBlockNameBytes)}) {
    if (!status.ok()) return status;
  }
  return BlockKey{BlockKind::kPrincipal, PrincipalValue(issuer, subject)};
}

std::string Describe(const BlockKey& key) {
  const std::string kind(ToString(key.kind));
  if (key.kind != BlockKind::kPrincipal) return absl::StrCat(kind, " ", key.value);
  const IssuerAndSubject parts = SplitPrincipal(key.value);
  return absl::StrCat(kind, " ", Absl(parts.subject),
                      parts.issuer.empty() ? " of the API keys" : " of ", Absl(parts.issuer));
}

std::string EncodeBlockKey(const BlockKey& key) {
  return absl::StrCat(std::string(ToString(key.kind)), "\n", key.value);
}

absl::StatusOr<BlockKey> DecodeBlockKey(std::string_view text) {
  const size_t end = text.find('\n');
  const std::string_view kind = text.substr(0, end);
  const std::string_view value = end == text.npos ? "" : text.substr(end + 1);
  if (kind == kKindNames[0]) return PeerKey(value);
  if (kind == kKindNames[1]) return AddressKey(value);
  if (kind == kKindNames[2]) {
    const IssuerAndSubject parts = SplitPrincipal(value);
    return PrincipalKey(parts.issuer, parts.subject);
  }
  return absl::InvalidArgumentError("not the key of a block");
}

}  // namespace warden
