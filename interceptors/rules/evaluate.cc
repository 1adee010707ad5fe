#include "interceptors/rules/evaluate.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "interceptors/content/attack.h"
#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

using google::protobuf::Reflection;

bool HasFormat(Format format, std::string_view text) {
  switch (format) {
    case Format::kEmail:
      return IsEmail(text);
    case Format::kHostname:
      return IsHostname(text);
    case Format::kIp:
      return IsIp(text);
    case Format::kIpv4:
      return IsIpv4(text);
    case Format::kIpv6:
      return IsIpv6(text);
    case Format::kUri:
      return IsUri(text);
    case Format::kUriRef:
      return IsUriRef(text);
    case Format::kAddress:
      return IsAddress(text);
    case Format::kUuid:
      return IsUuid(text);
    case Format::kTrimmedUuid:
      return IsTrimmedUuid(text);
    case Format::kIpWithPrefix:
      return IsIpPrefix(text, IpVersion::kAny, false);
    case Format::kIpv4WithPrefix:
      return IsIpPrefix(text, IpVersion::k4, false);
    case Format::kIpv6WithPrefix:
      return IsIpPrefix(text, IpVersion::k6, false);
    case Format::kIpPrefix:
      return IsIpPrefix(text, IpVersion::kAny, true);
    case Format::kIpv4Prefix:
      return IsIpPrefix(text, IpVersion::k4, true);
    case Format::kIpv6Prefix:
      return IsIpPrefix(text, IpVersion::k6, true);
    case Format::kHostAndPort:
      return IsHostAndPort(text, true);
    case Format::kUlid:
      return IsUlid(text);
    case Format::kProtobufName:
      return IsProtobufName(text);
    case Format::kProtobufDotName:
      return IsProtobufDotName(text);
    case Format::kPhone:
      return IsPhone(text);
    case Format::kHeaderName:
      return IsHeaderName(text, true);
    case Format::kHeaderNameLoose:
      return IsHeaderName(text, false);
    case Format::kHeaderValue:
      return IsHeaderValue(text, true);
    case Format::kHeaderValueLoose:
      return IsHeaderValue(text, false);
  }
  return false;
}

template <typename T>
bool InSorted(const std::vector<T>& set, const T& value) {
  return std::binary_search(set.begin(), set.end(), value);
}

bool InSet(const absl::flat_hash_set<std::string>& set, std::string_view text) {
  return set.contains(absl::string_view(text.data(), text.size()));
}

bool HasMinChars(std::string_view text, uint64_t min) {
  if (text.size() < min) return false;
  return text.size() / 4 >= min || CountCharacters(text, min) >= min;
}

bool HasMaxChars(std::string_view text, uint64_t max) {
  return text.size() <= max || CountCharacters(text, max + 1) <= max;
}

bool Matches(const RE2& pattern, std::string_view text) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

// Whether `path` is one of `paths` or lies below one of them.
bool Covers(const std::vector<std::string>& paths, std::string_view path) {
  return std::any_of(paths.begin(), paths.end(), [path](const std::string& allowed) {
    return path.starts_with(allowed) &&
           (path.size() == allowed.size() || path[allowed.size()] == '.');
  });
}

// Whether `path` names a field of `type`, or one below it. Only its last part may be a list or map.
// Compares names instead of looking them up, which would need a string for each.
bool IsPathOf(const google::protobuf::Descriptor* type, std::string_view path) {
  for (const google::protobuf::FieldDescriptor* field = nullptr;;) {
    if (field != nullptr) {
      if (field->is_repeated() || field->message_type() == nullptr) return false;
      type = field->message_type();
    }
    const size_t end = std::min(path.find('.'), path.size());
    field = nullptr;
    for (int i = 0; i < type->field_count() && field == nullptr; ++i) {
      if (type->field(i)->name() == path.substr(0, end)) field = type->field(i);
    }
    if (field == nullptr) return false;
    if (end == path.size()) return true;
    path.remove_prefix(end + 1);
  }
}

bool MaskIsOf(const google::protobuf::Descriptor& type, const ValuePlan& plan, const Value& value) {
  const Reflection* reflection = value.message->GetReflection();
  const int size = reflection->FieldSize(*value.message, plan.inner);
  std::string scratch;
  for (int i = 0; i < size; ++i) {
    if (!IsPathOf(&type, reflection->GetRepeatedStringReference(*value.message, plan.inner, i,
                                                                &scratch))) {
      return false;
    }
  }
  return true;
}

// The rules of google.protobuf.FieldMask.
bool MaskPasses(const ProgramData& data, const ValuePlan& plan, const Check& check,
                const Value& value) {
  const std::vector<std::string>& paths = data.path_lists[check.index];
  const Reflection* reflection = value.message->GetReflection();
  const int size = reflection->FieldSize(*value.message, plan.inner);
  if (check.op == Op::kMaskEquals && static_cast<size_t>(size) != paths.size()) return false;
  std::string scratch;
  for (int i = 0; i < size; ++i) {
    const std::string& path =
        reflection->GetRepeatedStringReference(*value.message, plan.inner, i, &scratch);
    if (check.op == Op::kMaskEquals) {
      if (path != paths[static_cast<size_t>(i)]) return false;
    } else if (Covers(paths, path) != (check.op == Op::kMaskIn)) {
      return false;
    }
  }
  return true;
}

bool TextPasses(const ProgramData& data, const Check& check, std::string_view text) {
  switch (check.op) {
    case Op::kChars:
      return HasMinChars(text, check.a.u) && HasMaxChars(text, check.a.u);
    case Op::kMinChars:
      return HasMinChars(text, check.a.u);
    case Op::kMaxChars:
      return HasMaxChars(text, check.a.u);
    case Op::kBytes:
      return text.size() == check.a.u;
    case Op::kMinBytes:
      return text.size() >= check.a.u;
    case Op::kMaxBytes:
      return text.size() <= check.a.u;
    case Op::kEquals:
      return text == data.strings[check.index];
    case Op::kPrefix:
      return text.starts_with(data.strings[check.index]);
    case Op::kSuffix:
      return text.ends_with(data.strings[check.index]);
    case Op::kContains:
      return text.find(data.strings[check.index]) != std::string_view::npos;
    case Op::kNotContains:
      return text.find(data.strings[check.index]) == std::string_view::npos;
    case Op::kPattern:
      return Matches(*data.patterns[check.index], text);
    case Op::kBytesPattern:
      return IsUtf8(text) && Matches(*data.patterns[check.index], text);
    case Op::kTextIn:
      return InSet(data.text_sets[check.index], text);
    case Op::kTextNotIn:
      return !InSet(data.text_sets[check.index], text);
    case Op::kFormat:
      return HasFormat(static_cast<Format>(check.a.u), text);
    case Op::kByteSizes:
      return text.size() < 64 && ((check.a.u >> text.size()) & 1) != 0;
    default:
      return false;
  }
}

bool NanosPass(const ProgramData& data, const Check& check, Nanos value, const Moment& moment) {
  const auto inside = [value](const NanosRange& range) {
    return range.low <= value && value <= range.high;
  };
  switch (check.op) {
    case Op::kNanosInside:
      return inside(data.ranges[check.index]);
    case Op::kNanosOutside:
      return !inside(data.ranges[check.index]);
    case Op::kNanosIn:
      return InSorted(data.nanos_sets[check.index], value);
    case Op::kNanosNotIn:
      return !InSorted(data.nanos_sets[check.index], value);
    case Op::kNotAfterNow:
      return value <= moment.now;
    case Op::kNotBeforeNow:
      return value >= moment.now;
    case Op::kWithinNow: {
      const Nanos distance = data.ranges[check.index].low;
      return inside({moment.now - distance, moment.now + distance});
    }
    default:
      return false;
  }
}

bool DoublePasses(const ProgramData& data, const Check& check, double value) {
  const auto in = [&] {
    const std::vector<double>& set = data.double_sets[check.index];
    return std::find(set.begin(), set.end(), value) != set.end();
  };
  const bool inside = value >= check.a.d && value <= check.b.d;
  switch (check.op) {
    case Op::kDoubleInside:
      return inside;
    case Op::kDoubleOutside:
      return !inside && !std::isnan(value);
    case Op::kDoubleIn:
      return in();
    case Op::kDoubleNotIn:
      return !in();
    case Op::kFinite:
      return std::isfinite(value);
    default:
      return false;
  }
}

// An op that does not belong to the value's kind, which the compiler does not make, passes no
// value.
bool Passes(const ProgramData& data, const ValuePlan& plan, const Check& check, const Value& value,
            const Moment& moment) {
  switch (check.op) {
    case Op::kIntInside:
      return value.i >= check.a.i && value.i <= check.b.i;
    case Op::kIntOutside:
      return value.i < check.a.i || value.i > check.b.i;
    case Op::kIntIn:
      return InSorted(data.int_sets[check.index], value.i);
    case Op::kIntNotIn:
      return !InSorted(data.int_sets[check.index], value.i);
    case Op::kUintInside:
      return value.u >= check.a.u && value.u <= check.b.u;
    case Op::kUintOutside:
      return value.u < check.a.u || value.u > check.b.u;
    case Op::kUintIn:
      return InSorted(data.uint_sets[check.index], value.u);
    case Op::kUintNotIn:
      return !InSorted(data.uint_sets[check.index], value.u);
    case Op::kDoubleInside:
    case Op::kDoubleOutside:
    case Op::kDoubleIn:
    case Op::kDoubleNotIn:
    case Op::kFinite:
      return DoublePasses(data, check, value.d);
    case Op::kNanosInside:
    case Op::kNanosOutside:
    case Op::kNanosIn:
    case Op::kNanosNotIn:
    case Op::kNotAfterNow:
    case Op::kNotBeforeNow:
    case Op::kWithinNow:
      return NanosPass(data, check, value.nanos, moment);
    case Op::kMaskEquals:
    case Op::kMaskIn:
    case Op::kMaskNotIn:
      return MaskPasses(data, plan, check, value);
    case Op::kMaskOf:
      return MaskIsOf(*data.mask_types[check.index], plan, value);
    default:
      return TextPasses(data, check, value.text);
  }
}

// The text of the first attack that the value looks like.
uint32_t FirstAttack(const Check& check, std::string_view text) {
  const auto wanted = static_cast<content::AttackSet>(check.a.u);
  const content::AttackSet found = content::FindAttacks(text, wanted);
  if (found == 0) return kNone;
  const content::AttackSet below = (found & (~found + 1)) - 1;  // the bits under the lowest one
  return check.text + static_cast<uint32_t>(std::popcount(wanted & below));
}

}  // namespace

uint32_t Broken(const ProgramData& data, const ValuePlan& plan, const Check& check,
                const Value& value, const Moment& moment) {
  if (check.op == Op::kSafe) return FirstAttack(check, value.text);
  if (Passes(data, plan, check, value, moment)) return kNone;
  const bool names_empty = check.op == Op::kFormat || check.op == Op::kByteSizes;
  return names_empty && value.text.empty() ? check.text + 1 : check.text;
}

bool IsZero(const ValuePlan& plan, const Value& value) {
  switch (plan.shape) {
    case Shape::kInt:
      return value.i == 0;
    case Shape::kUint:
    case Shape::kDouble:  // by its bits, as protobuf does: -0 is a value
      return value.u == 0;
    case Shape::kText:
      return value.text.empty();
    case Shape::kMessage:
      return value.message != nullptr && value.message->ByteSizeLong() == 0;
  }
  return false;
}

Nanos ReadNanos(const google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& seconds,
                const google::protobuf::FieldDescriptor& nanos) {
  const Reflection* reflection = message.GetReflection();
  return Nanos(reflection->GetInt64(message, &seconds)) * 1'000'000'000 +
         reflection->GetInt32(message, &nanos);
}

}  // namespace warden::rules
