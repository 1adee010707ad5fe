#include "interceptors/address.h"

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

}  // namespace warden
