#include "authz/condition/compare.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include <cmath>

#include "authz/condition/containers.h"

namespace warden::condition {
namespace {

// Messages and JSON are nested less deeply than that where they are parsed.
constexpr int kMostNested = 200;

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

std::partial_ordering CompareIntDouble(int64_t i, double d) {
  if (std::isnan(d)) return std::partial_ordering::unordered;
  if (d >= kTwoTo63) return std::partial_ordering::less;
  if (d < -kTwoTo63) return std::partial_ordering::greater;
  const double whole = std::trunc(d);
  const auto truncated = static_cast<int64_t>(whole);
  if (i != truncated) return i <=> truncated;
  return whole <=> d;
}

std::partial_ordering CompareUintDouble(uint64_t u, double d) {
  if (std::isnan(d)) return std::partial_ordering::unordered;
  if (d >= kTwoTo64) return std::partial_ordering::less;
  if (d < 0) return std::partial_ordering::greater;
  const double whole = std::trunc(d);
  const auto truncated = static_cast<uint64_t>(whole);
  if (u != truncated) return u <=> truncated;
  return whole <=> d;
}

std::partial_ordering CompareIntUint(int64_t i, uint64_t u) {
  if (i < 0) return std::partial_ordering::less;
  return static_cast<uint64_t>(i) <=> u;
}

std::partial_ordering Reversed(std::partial_ordering order) { return 0 <=> order; }

class Comparer {
 public:
  explicit Comparer(Context& context) : context_(context) {}

  // kBool or kError.
  Value Equal(const Value& a, const Value& b, int depth) {
    if (!context_.Charge(1)) return Value::Error(kTooCostly);
    if (depth > kMostNested) return Value::Error("values nested too deeply to compare");
    if (a.is_error()) return a;
    if (b.is_error()) return b;
    if (a.is_number() && b.is_number()) return Value::Bool(CompareNumbers(a, b) == 0);
    if (a.kind != b.kind) return Value::Bool(false);
    switch (a.kind) {
      case Kind::kNull:
        return Value::Bool(true);
      case Kind::kBool:
        return Value::Bool(a.b == b.b);
      case Kind::kString:
      case Kind::kBytes:
      case Kind::kType:
        if (a.size == b.size && !context_.ChargeBytes(a.size)) return Value::Error(kTooCostly);
        return Value::Bool(a.view() == b.view());
      case Kind::kTimestamp:
        return Value::Bool(a.i == b.i && a.nanos == b.nanos);
      case Kind::kDuration:
        return Value::Bool(a.i == b.i);
      case Kind::kList:
        return Lists(a, b, depth);
      case Kind::kMap:
        return Maps(a, b, depth);
      case Kind::kMessage:
        return Messages(*a.message, *b.message);
      default:
        return Value::Error("values that cannot be compared");
    }
  }

 private:
  Value Lists(const Value& a, const Value& b, int depth) {
    const size_t size = SizeOf(a);
    if (size != SizeOf(b)) return Value::Bool(false);
    for (size_t i = 0; i < size; ++i) {
      const Value same = Equal(ElementAt(context_, a, i), ElementAt(context_, b, i), depth + 1);
      if (!same.is_true()) return same;
    }
    return Value::Bool(true);
  }

  Value Maps(const Value& a, const Value& b, int depth) {
    if (SizeOf(a) != SizeOf(b)) return Value::Bool(false);
    Value same = Value::Bool(true);
    const auto compare = [&](const Value& key, const Value& value) {
      const std::optional<Value> other = Find(context_, b, key);
      same = other.has_value() ? Equal(value, *other, depth + 1) : Value::Bool(false);
      return same.is_true();
    };
    if (!WalkMap(context_, a, compare)) return Value::Error(kTooCostly);
    return same;
  }

  Value Messages(const google::protobuf::Message& a, const google::protobuf::Message& b) {
    if (a.GetDescriptor() != b.GetDescriptor()) return Value::Bool(false);
    const size_t size = a.ByteSizeLong();
    if (!context_.Charge(size)) return Value::Error(kTooCostly);
    return Value::Bool(google::protobuf::util::MessageDifferencer::Equals(a, b));
  }

  Context& context_;
};

}  // namespace

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
  if (a.kind == b.kind) {
    if (a.kind == Kind::kInt) return a.i <=> b.i;
    if (a.kind == Kind::kUint) return a.u <=> b.u;
    return a.d <=> b.d;
  }
  if (a.kind == Kind::kInt) {
    return b.kind == Kind::kUint ? CompareIntUint(a.i, b.u) : CompareIntDouble(a.i, b.d);
  }
  if (a.kind == Kind::kUint) {
    return b.kind == Kind::kInt ? Reversed(CompareIntUint(b.i, a.u)) : CompareUintDouble(a.u, b.d);
  }
  return Reversed(CompareNumbers(b, a));
}

bool SameKey(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b) == 0;
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::kBool) return a.b == b.b;
  return a.kind == Kind::kString && a.view() == b.view();
}

Value Equal(Context& context, const Value& a, const Value& b) {
  return Comparer(context).Equal(a, b, 0);
}

}  // namespace warden::condition
