#include "interceptors/limits/shared/redis_slots.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "interceptors/limits/shared/redis_address.h"
#include "interceptors/revocation/redis_socket.h"

namespace warden {
namespace {

// Polynomial 0x1021, nothing reflected, beginning with 0.
constexpr std::array<uint16_t, 256> MakeCrcTable() {
  std::array<uint16_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc & 0xffff);
  }
  return table;
}
constexpr std::array<uint16_t, 256> kCrcTable = MakeCrcTable();

absl::Status Strange() { return absl::DataLossError("redis gave no answer of CLUSTER SLOTS"); }

std::string HostOf(std::string_view address) {
  const absl::StatusOr<SocketAddress> parsed = ParseSocketAddress(address);
  return parsed.ok() ? parsed->host : "";
}

bool IsInteger(const RedisReply& reply) { return reply.type == RedisReply::Type::kInteger; }

// nullopt: nobody knows where it is, which is no error.
absl::StatusOr<std::optional<std::string>> ReadNode(const RedisReply& node,
                                                    std::string_view asked) {
  if (node.items.size() < 2 || !IsInteger(node.items[1])) return Strange();
  std::string host = node.items[0].text;
  if (host == "?") return std::nullopt;
  if (host.empty()) host = HostOf(asked);
  std::optional<std::string> address = JoinRedisAddress(host, absl::StrCat(node.items[1].integer));
  if (!address.has_value()) return Strange();
  return address;
}

}  // namespace

uint16_t RedisSlotOf(std::string_view key) {
  if (const size_t open = key.find('{'); open != key.npos) {
    const size_t close = key.find('}', open + 1);
    if (close != key.npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  uint32_t crc = 0;
  for (const char c : key) {
    crc = ((crc << 8) & 0xffff) ^ kCrcTable[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return static_cast<uint16_t>(crc % kRedisSlots);
}

absl::StatusOr<RedisSlotMap> ReadRedisSlots(const RedisReply& reply, std::string_view asked) {
  if (reply.type != RedisReply::Type::kList) return Strange();
  RedisSlotMap map;
  map.owners.assign(kRedisSlots, RedisSlotMap::kNobody);
  for (const RedisReply& range : reply.items) {
    if (range.items.size() < 3 || !IsInteger(range.items[0]) || !IsInteger(range.items[1])) {
      return Strange();
    }
    const int64_t first = range.items[0].integer, last = range.items[1].integer;
    if (first < 0 || first > last || last >= static_cast<int64_t>(kRedisSlots)) return Strange();
    const auto node = ReadNode(range.items[2], asked);
    if (!node.ok()) return node.status();
    if (!node->has_value()) continue;
    const auto found = std::find(map.nodes.begin(), map.nodes.end(), **node);
    const auto index = static_cast<uint16_t>(found - map.nodes.begin());
    if (found == map.nodes.end()) {
      if (map.nodes.size() == RedisSlotMap::kMaxNodes) {
        return absl::OutOfRangeError("the Redis Cluster has too many nodes");
      }
      map.nodes.push_back(**node);
    }
    std::fill(map.owners.begin() + first, map.owners.begin() + last + 1, index);
  }
  return map;
}

std::optional<RedisRedirect> ReadRedirect(const absl::Status& error, std::string_view asked) {
  if (!absl::IsFailedPrecondition(error)) return std::nullopt;
  const std::vector<std::string> words = absl::StrSplit(error.message(), ' ');
  if (words.size() != 3 || (words[0] != "MOVED" && words[0] != "ASK")) return std::nullopt;
  uint32_t slot = 0;
  const size_t colon = words[2].rfind(':');
  if (!absl::SimpleAtoi(words[1], &slot) || slot >= kRedisSlots || colon == std::string::npos) {
    return std::nullopt;
  }
  std::string host = words[2].substr(0, colon);
  if (host.empty()) host = HostOf(asked);
  std::optional<std::string> address = JoinRedisAddress(host, words[2].substr(colon + 1));
  if (!address.has_value()) return std::nullopt;
  return RedisRedirect{words[0] == "ASK", static_cast<uint16_t>(slot), *std::move(address)};
}

}  // namespace warden
