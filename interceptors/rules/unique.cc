#include "interceptors/rules/unique.h"

#include <google/protobuf/message.h>

#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/numeric/bits.h"
#include "absl/types/span.h"
#include "interceptors/rules/read_value.h"

namespace warden::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kCompareAll = 4;
// Up to this many items, the table is on the stack.
constexpr int kSmall = 128;
// A thread keeps a table of up to this many slots (256 KiB) for its next list.
constexpr size_t kKeptSlots = 1u << 16;

uint64_t ProcessSecret() {
  static const uint64_t secret = [] {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }();
  return secret;
}

bool Equal(Shape shape, const Value& a, const Value& b) {
  switch (shape) {
    case Shape::kDouble:
      return a.d == b.d;
    case Shape::kText:
      return a.text == b.text;
    default:
      return a.u == b.u;
  }
}

size_t HashOf(Shape shape, const Value& value) {
  const uint64_t secret = ProcessSecret();
  switch (shape) {
    case Shape::kDouble:
      return absl::HashOf(secret, value.d == 0 ? 0.0 : value.d);
    case Shape::kText:
      return absl::HashOf(secret, absl::string_view(value.text.data(), value.text.size()));
    default:
      return absl::HashOf(secret, value.u);
  }
}

class Items {
 public:
  Items(const Message& message, const FieldDescriptor& field, const ValuePlan& plan)
      : message_(message), field_(field), plan_(plan) {}

  Value Read(int index, std::string* scratch) const {
    return ReadItem(message_, *message_.GetReflection(), field_, plan_, index, scratch);
  }
  Shape shape() const { return plan_.shape; }

 private:
  const Message& message_;
  const FieldDescriptor& field_;
  const ValuePlan& plan_;
};

bool CompareAll(const Items& items, int size) {
  std::string scratch_a, scratch_b;
  for (int i = 1; i < size; ++i) {
    const Value value = items.Read(i, &scratch_a);
    for (int k = 0; k < i; ++k) {
      if (Equal(items.shape(), value, items.Read(k, &scratch_b))) return false;
    }
  }
  return true;
}

// Open addressing; a slot holds the index of an item + 1, and at most half of the slots are taken.
// There is a power of two of slots, all 0.
bool CompareByHash(const Items& items, int size, absl::Span<uint32_t> slots) {
  const size_t mask = slots.size() - 1;
  std::string scratch_a, scratch_b;
  for (int i = 0; i < size; ++i) {
    const Value value = items.Read(i, &scratch_a);
    if (items.shape() == Shape::kDouble && std::isnan(value.d)) continue;
    size_t slot = HashOf(items.shape(), value) & mask;
    for (; slots[slot] != 0; slot = (slot + 1) & mask) {
      const int other = static_cast<int>(slots[slot] - 1);
      if (Equal(items.shape(), value, items.Read(other, &scratch_b))) return false;
    }
    slots[slot] = static_cast<uint32_t>(i) + 1;
  }
  return true;
}

}  // namespace

bool ItemsAreUnique(const Message& message, const FieldDescriptor& field, const ValuePlan& plan,
                    int size) {
  const Items items(message, field, plan);
  if (size <= kCompareAll) return CompareAll(items, size);
  if (size <= kSmall) {
    std::array<uint32_t, 2 * kSmall> slots{};
    return CompareByHash(items, size, absl::MakeSpan(slots));
  }
  thread_local std::vector<uint32_t> slots;
  slots.assign(absl::bit_ceil(static_cast<size_t>(size) * 2), 0);
  const bool unique = CompareByHash(items, size, absl::MakeSpan(slots));
  if (slots.capacity() > kKeptSlots) std::vector<uint32_t>().swap(slots);
  return unique;
}

}  // namespace warden::rules
