// `+ - * / %` and unary minus; see functions.h. Whole numbers do not wrap: overflow is an error.
#include <cstring>
#include <limits>

#include "authz/condition/containers.h"
#include "authz/condition/functions.h"

namespace warden::condition {
namespace {

constexpr char kOverflow[] = "a number that overflows 64 bits";
constexpr char kZero[] = "a division by zero";

Value Concatenate(Context& context, const Value& a, const Value& b) {
  char* const bytes = context.NewBytes(a.size + b.size);
  if (bytes == nullptr) return Value::Error(kTooCostly);
  if (a.size > 0) std::memcpy(bytes, a.text, a.size);
  if (b.size > 0) std::memcpy(bytes + a.size, b.text, b.size);
  Value value = Value::String({bytes, a.size + b.size});
  value.kind = a.kind;
  return value;
}

Value Join(Context& context, const Value& a, const Value& b) {
  const size_t first = SizeOf(a);
  const size_t second = SizeOf(b);
  Value* const values = context.NewValues(first + second);
  if (values == nullptr) return Value::Error(kTooCostly);
  for (size_t i = 0; i < first; ++i) values[i] = ElementAt(context, a, i);
  for (size_t i = 0; i < second; ++i) values[first + i] = ElementAt(context, b, i);
  return Value::ListOf(values, first + second);
}

// A timestamp moved by nanoseconds.
Value Move(const Value& timestamp, int64_t nanoseconds) {
  constexpr int64_t kSecond = 1'000'000'000;
  int64_t seconds = timestamp.i + nanoseconds / kSecond;
  int64_t nanos = timestamp.nanos + nanoseconds % kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  } else if (nanos >= kSecond) {
    nanos -= kSecond;
    ++seconds;
  }
  return Value::Timestamp(seconds, nanos);
}

Value Difference(const Value& a, const Value& b) {
  return Value::Duration(a.i - b.i, a.nanos - b.nanos);
}

Value Add(Context& context, const Value* args, const void*) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind == Kind::kTimestamp && b.kind == Kind::kDuration) return Move(a, b.i);
  if (a.kind == Kind::kDuration && b.kind == Kind::kTimestamp) return Move(b, a.i);
  if (a.kind != b.kind) return Value::Error(kNoOverload);
  int64_t i = 0;
  uint64_t u = 0;
  switch (a.kind) {
    case Kind::kInt:
      return __builtin_add_overflow(a.i, b.i, &i) ? Value::Error(kOverflow) : Value::Int(i);
    case Kind::kUint:
      return __builtin_add_overflow(a.u, b.u, &u) ? Value::Error(kOverflow) : Value::Uint(u);
    case Kind::kDouble:
      return Value::Double(a.d + b.d);
    case Kind::kString:
    case Kind::kBytes:
      return Concatenate(context, a, b);
    case Kind::kList:
      return Join(context, a, b);
    case Kind::kDuration:
      return __builtin_add_overflow(a.i, b.i, &i) ? Value::Error(kOverflow) : Value::Nanoseconds(i);
    default:
      return Value::Error(kNoOverload);
  }
}

Value Subtract(Context&, const Value* args, const void*) {
  const Value& a = args[0];
  const Value& b = args[1];
  int64_t i = 0;
  uint64_t u = 0;
  if (a.kind == Kind::kTimestamp && b.kind == Kind::kDuration) {
    return b.i == std::numeric_limits<int64_t>::min() ? Value::Error(kOverflow) : Move(a, -b.i);
  }
  if (a.kind != b.kind) return Value::Error(kNoOverload);
  switch (a.kind) {
    case Kind::kInt:
      return __builtin_sub_overflow(a.i, b.i, &i) ? Value::Error(kOverflow) : Value::Int(i);
    case Kind::kUint:
      return __builtin_sub_overflow(a.u, b.u, &u) ? Value::Error(kOverflow) : Value::Uint(u);
    case Kind::kDouble:
      return Value::Double(a.d - b.d);
    case Kind::kTimestamp:
      return Difference(a, b);
    case Kind::kDuration:
      return __builtin_sub_overflow(a.i, b.i, &i) ? Value::Error(kOverflow) : Value::Nanoseconds(i);
    default:
      return Value::Error(kNoOverload);
  }
}

Value Multiply(Context&, const Value* args, const void*) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind != b.kind) return Value::Error(kNoOverload);
  int64_t i = 0;
  uint64_t u = 0;
  switch (a.kind) {
    case Kind::kInt:
      return __builtin_mul_overflow(a.i, b.i, &i) ? Value::Error(kOverflow) : Value::Int(i);
    case Kind::kUint:
      return __builtin_mul_overflow(a.u, b.u, &u) ? Value::Error(kOverflow) : Value::Uint(u);
    case Kind::kDouble:
      return Value::Double(a.d * b.d);
    default:
      return Value::Error(kNoOverload);
  }
}

// The one quotient of whole numbers that overflows.
bool Overflows(const Value& a, const Value& b) {
  return a.kind == Kind::kInt && a.i == std::numeric_limits<int64_t>::min() && b.i == -1;
}

Value Divide(Context&, const Value* args, const void*) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind != b.kind) return Value::Error(kNoOverload);
  if (a.kind == Kind::kDouble) return Value::Double(a.d / b.d);
  if (a.kind == Kind::kUint) return b.u == 0 ? Value::Error(kZero) : Value::Uint(a.u / b.u);
  if (a.kind != Kind::kInt) return Value::Error(kNoOverload);
  if (b.i == 0) return Value::Error(kZero);
  return Overflows(a, b) ? Value::Error(kOverflow) : Value::Int(a.i / b.i);
}

Value Modulo(Context&, const Value* args, const void*) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind != b.kind) return Value::Error(kNoOverload);
  if (a.kind == Kind::kUint) return b.u == 0 ? Value::Error(kZero) : Value::Uint(a.u % b.u);
  if (a.kind != Kind::kInt) return Value::Error(kNoOverload);
  if (b.i == 0) return Value::Error(kZero);
  return Overflows(a, b) ? Value::Error(kOverflow) : Value::Int(a.i % b.i);
}

Value Negate(Context&, const Value* args, const void*) {
  if (args[0].kind == Kind::kDouble) return Value::Double(-args[0].d);
  if (args[0].kind != Kind::kInt) return Value::Error(kNoOverload);
  return args[0].i == std::numeric_limits<int64_t>::min() ? Value::Error(kOverflow)
                                                          : Value::Int(-args[0].i);
}

constexpr Overload Of(std::string_view name, Kind a, Kind b, Kind result, Function run) {
  return {name, false, 2, {a, b, Kind::kDyn}, result, run};
}

constexpr Kind kTime = Kind::kTimestamp;
constexpr Kind kSpan = Kind::kDuration;

constexpr Overload kOverloads[] = {
    Of("+", Kind::kInt, Kind::kInt, Kind::kInt, Add),
    Of("+", Kind::kUint, Kind::kUint, Kind::kUint, Add),
    Of("+", Kind::kDouble, Kind::kDouble, Kind::kDouble, Add),
    Of("+", Kind::kString, Kind::kString, Kind::kString, Add),
    Of("+", Kind::kBytes, Kind::kBytes, Kind::kBytes, Add),
    Of("+", Kind::kList, Kind::kList, Kind::kList, Add),
    Of("+", kTime, kSpan, kTime, Add),
    Of("+", kSpan, kTime, kTime, Add),
    Of("+", kSpan, kSpan, kSpan, Add),
    Of("-", Kind::kInt, Kind::kInt, Kind::kInt, Subtract),
    Of("-", Kind::kUint, Kind::kUint, Kind::kUint, Subtract),
    Of("-", Kind::kDouble, Kind::kDouble, Kind::kDouble, Subtract),
    Of("-", kTime, kTime, kSpan, Subtract),
    Of("-", kTime, kSpan, kTime, Subtract),
    Of("-", kSpan, kSpan, kSpan, Subtract),
    Of("*", Kind::kInt, Kind::kInt, Kind::kInt, Multiply),
    Of("*", Kind::kUint, Kind::kUint, Kind::kUint, Multiply),
    Of("*", Kind::kDouble, Kind::kDouble, Kind::kDouble, Multiply),
    Of("/", Kind::kInt, Kind::kInt, Kind::kInt, Divide),
    Of("/", Kind::kUint, Kind::kUint, Kind::kUint, Divide),
    Of("/", Kind::kDouble, Kind::kDouble, Kind::kDouble, Divide),
    Of("%", Kind::kInt, Kind::kInt, Kind::kInt, Modulo),
    Of("%", Kind::kUint, Kind::kUint, Kind::kUint, Modulo),
    {"-", false, 1, {Kind::kInt, Kind::kDyn, Kind::kDyn}, Kind::kInt, Negate},
    {"-", false, 1, {Kind::kDouble, Kind::kDyn, Kind::kDyn}, Kind::kDouble, Negate},
};

}  // namespace

absl::Span<const Overload> ArithmeticOverloads() { return kOverloads; }

}  // namespace warden::condition
