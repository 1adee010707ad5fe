#include "interceptors/shape/wire_walk.h"

namespace warden::shape {
namespace {

constexpr uint64_t WidthOf(Wire wire) { return wire == Wire::kFixed64 ? 8 : 4; }

}  // namespace

Breach WireWalk::Run(uint64_t bytes) {
  reader_.SetEnd(bytes);
  Breach breach = Enter(&plan_.messages.front(), bytes, 0);
  while (breach == Breach::kNone && size_ > 0) {
    if (!reader_.at_end()) {
      breach = Step();
    } else if (top().group != 0) {
      breach = Breach::kMalformed;  // it was not ended
    } else {
      Leave();
    }
  }
  return breach;
}

Breach WireWalk::Enter(const MessageShapePlan* plan, uint64_t end, uint32_t group) {
  const uint32_t above = size_ == 0 ? 0 : top().depth;
  const uint32_t depth = above + (plan != nullptr && plan->is_map_entry ? 0 : 1);
  const uint32_t deepest = depth + (plan != nullptr && plan->maps_to_messages ? 1 : 0);
  if (limits_.max_depth != 0 && deepest > limits_.max_depth) return Breach::kDepth;
  if (depth > kMaxDepth || size_ == frames_.size()) return Breach::kMalformed;
  frames_[size_++] = {.end = end, .plan = plan, .group = group, .depth = depth};
  reader_.SetEnd(end);
  return Breach::kNone;
}

void WireWalk::Leave() {
  --size_;
  if (size_ > 0) reader_.SetEnd(top().end);
}

Breach WireWalk::Count(uint64_t elements) {
  elements_ += elements;
  const bool many = limits_.max_elements != 0 && elements_ > limits_.max_elements;
  return many ? Breach::kElements : Breach::kNone;
}

// One field, or the end of a group.
Breach WireWalk::Step() {
  uint32_t tag = 0;
  if (!reader_.ReadTag(&tag)) return Breach::kMalformed;
  const uint32_t number = tag >> 3;
  const auto wire = static_cast<Wire>(tag & 7);
  if (number == 0 || wire > Wire::kFixed32) return Breach::kMalformed;
  if (wire == Wire::kEndGroup) {
    if (top().group != number) return Breach::kMalformed;
    Leave();
    return Breach::kNone;
  }
  const MessageShapePlan* const plan = top().plan;
  const FieldShape* const field = plan == nullptr ? nullptr : plan->Find(number, wire);
  return field == nullptr ? OnUnknown(number, wire) : OnField(*field, wire);
}

// protobuf keeps unknown fields, each of them, so each counts as an element.
Breach WireWalk::OnUnknown(uint32_t number, Wire wire) {
  const bool opaque = top().plan != nullptr && top().plan->opaque;
  if (limits_.refuse_unknown_fields && !opaque) return Breach::kUnknownField;
  if (const Breach breach = Count(1); breach != Breach::kNone) return breach;
  return SkipValue(number, wire);
}

Breach WireWalk::SkipValue(uint32_t number, Wire wire) {
  bool skipped = false;
  uint64_t length = 0;
  switch (wire) {
    case Wire::kVarint:
      skipped = reader_.SkipVarint();
      break;
    case Wire::kFixed64:
    case Wire::kFixed32:
      skipped = reader_.Skip(WidthOf(wire));
      break;
    case Wire::kLength:
      skipped = reader_.ReadLength(&length) && reader_.Skip(length);
      break;
    case Wire::kStartGroup: {
      // The items of a MessageSet are groups, and nothing in them is unknown either.
      const MessageShapePlan* const plan = top().plan;
      return Enter(plan != nullptr && plan->opaque ? plan : nullptr, top().end, number);
    }
    case Wire::kEndGroup:
      break;
  }
  return skipped ? Breach::kNone : Breach::kMalformed;
}

Breach WireWalk::OnField(const FieldShape& field, Wire wire) {
  if (wire == Wire::kStartGroup) {
    if (const Breach breach = Count(field.repeated ? 1 : 0); breach != Breach::kNone) return breach;
    return Enter(&plan_.messages[field.message], top().end, field.number);
  }
  const bool packed = field.packable && wire == Wire::kLength;
  if (field.repeated && !packed) {
    if (const Breach breach = Count(1); breach != Breach::kNone) return breach;
  }
  if (wire != Wire::kLength || (field.message == kNone && !packed)) {
    return SkipValue(field.number, wire);
  }
  uint64_t length = 0;
  if (!reader_.ReadLength(&length)) return Breach::kMalformed;
  if (packed) return OnPacked(field, length);
  return Enter(&plan_.messages[field.message], reader_.position() + length, 0);
}

Breach WireWalk::OnPacked(const FieldShape& field, uint64_t length) {
  uint64_t count = 0;
  if (field.wire == Wire::kVarint) {
    if (!reader_.CountVarints(length, &count)) return Breach::kMalformed;
  } else {
    count = length / WidthOf(field.wire);
    if (length % WidthOf(field.wire) != 0 || !reader_.Skip(length)) return Breach::kMalformed;
  }
  return Count(count);
}

}  // namespace warden::shape
