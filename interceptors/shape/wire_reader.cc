#include "interceptors/shape/wire_reader.h"

#include <algorithm>
#include <limits>

namespace warden::shape {
namespace {

// protobuf takes no longer ones.
constexpr uint64_t kMaxLength = std::numeric_limits<int32_t>::max() - 16;

bool IsLast(uint8_t byte) { return byte < 0x80; }

}  // namespace

bool WireReader::Fill() {
  while (slice_.empty()) {
    if (!next_(&slice_)) return false;
  }
  return true;
}

bool WireReader::ReadByte(uint8_t* byte) {
  if (position_ == end_ || !Fill()) return false;
  *byte = static_cast<uint8_t>(slice_.front());
  slice_.remove_prefix(1);
  ++position_;
  return true;
}

bool WireReader::ReadTag(uint32_t* tag) {
  *tag = 0;
  uint8_t byte = 0;
  for (uint32_t shift = 0; shift < 35; shift += 7) {
    if (!ReadByte(&byte)) return false;
    *tag |= (byte & 0x7fu) << shift;
    if (IsLast(byte)) return true;
  }
  return false;
}

bool WireReader::ReadLength(uint64_t* length) {
  *length = 0;
  uint8_t byte = 0;
  for (uint32_t shift = 0; shift < 35; shift += 7) {
    if (!ReadByte(&byte)) return false;
    *length |= (byte & uint64_t{0x7f}) << shift;
    if (IsLast(byte)) return *length <= kMaxLength && *length <= end_ - position_;
  }
  return false;
}

bool WireReader::SkipVarint() {
  uint8_t byte = 0;
  for (int i = 0; i < 10; ++i) {
    if (!ReadByte(&byte)) return false;
    if (IsLast(byte)) return true;
  }
  return false;
}

bool WireReader::Skip(uint64_t bytes) {
  if (bytes > end_ - position_) return false;
  while (bytes > 0) {
    if (!Fill()) return false;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(bytes, slice_.size()));
    slice_.remove_prefix(step);
    position_ += step;
    bytes -= step;
  }
  return true;
}

bool WireReader::CountVarints(uint64_t bytes, uint64_t* count) {
  *count = 0;
  if (bytes > end_ - position_) return false;
  bool ended = true;
  while (bytes > 0) {
    if (!Fill()) return false;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(bytes, slice_.size()));
    const std::string_view part = slice_.substr(0, step);
    *count += static_cast<uint64_t>(std::count_if(
        part.begin(), part.end(), [](char c) { return IsLast(static_cast<uint8_t>(c)); }));
    ended = IsLast(static_cast<uint8_t>(part.back()));
    slice_.remove_prefix(step);
    position_ += step;
    bytes -= step;
  }
  return ended;
}

}  // namespace warden::shape
