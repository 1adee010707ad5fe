#include "interceptors/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace warden {
namespace {

bool Consume(std::string_view* text, std::string_view prefix) {
  if (text->substr(0, prefix.size()) != prefix) return false;
  text->remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string_view AddressOf(std::string_view peer_uri) {
  std::string_view rest = peer_uri;
  if (Consume(&rest, "ipv4:")) return rest.substr(0, rest.rfind(':'));
  if (!Consume(&rest, "ipv6:")) return peer_uri;
  // gRPC percent-encodes the brackets.
  if (Consume(&rest, "%5B")) return rest.substr(0, rest.find("%5D"));
  if (Consume(&rest, "[")) return rest.substr(0, rest.find(']'));
  return rest;
}

std::string_view HostOf(std::string_view address, AddressBuffer* buffer) {
  constexpr size_t kPrefixBytes = 8;
  if (address.find(':') == std::string_view::npos) return address;
  char text[INET6_ADDRSTRLEN] = {};
  // A zone ("fe80::1%eth0") names a link, not a host.
  const std::string_view bare = address.substr(0, address.find('%'));
  if (bare.size() >= sizeof(text)) return address;
  std::memcpy(text, bare.data(), bare.size());
  in6_addr parsed = {};
  if (inet_pton(AF_INET6, text, &parsed) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    if (inet_ntop(AF_INET, &parsed.s6_addr[12], buffer->data(),
                  static_cast<socklen_t>(buffer->size())) == nullptr) {
      return address;
    }
    return buffer->data();
  }
  std::memcpy(buffer->data(), parsed.s6_addr, kPrefixBytes);
  return {buffer->data(), kPrefixBytes};
}

namespace {

// Keeps the first `bits` of the bytes.
std::string_view Cut(const void* bytes, size_t size, uint32_t bits, AddressBuffer* buffer) {
  std::memcpy(buffer->data(), bytes, size);
  for (size_t i = 0; i < size; ++i) {
    const uint32_t kept = bits > 8 * i ? bits - static_cast<uint32_t>(8 * i) : 0;
    if (kept < 8) (*buffer)[i] = static_cast<char>((*buffer)[i] & (0xff00 >> kept));
  }
  return {buffer->data(), size};
}

}  // namespace

std::string_view NetworkOf(std::string_view address, uint32_t ipv4_prefix, uint32_t ipv6_prefix,
                           AddressBuffer* buffer) {
  char text[INET6_ADDRSTRLEN] = {};
  const std::string_view bare = address.substr(0, address.find('%'));
  if (bare.size() >= sizeof(text)) return address;
  std::memcpy(text, bare.data(), bare.size());
  in_addr v4 = {};
  if (inet_pton(AF_INET, text, &v4) == 1) return Cut(&v4, sizeof(v4), ipv4_prefix, buffer);
  in6_addr v6 = {};
  if (inet_pton(AF_INET6, text, &v6) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return Cut(&v6.s6_addr[12], 4, ipv4_prefix, buffer);
  return Cut(&v6, sizeof(v6), ipv6_prefix, buffer);
}

}  // namespace warden
