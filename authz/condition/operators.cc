// Comparison, `in`, index and `!`; see functions.h.
#include "authz/condition/compare.h"
#include "authz/condition/containers.h"
#include "authz/condition/functions.h"

namespace warden::condition {
namespace {

template <typename T>
std::partial_ordering Compare(const T& a, const T& b) {
  return a < b   ? std::partial_ordering::less
         : b < a ? std::partial_ordering::greater
                 : std::partial_ordering::equivalent;
}

// False where the kinds have no order.
bool Order(Context& context, const Value& a, const Value& b, std::partial_ordering* order) {
  if (a.is_number() && b.is_number()) {
    *order = CompareNumbers(a, b);
    return true;
  }
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kBool:
      *order = Compare(a.b, b.b);
      return true;
    case Kind::kString:
    case Kind::kBytes:
      // By bytes, which for UTF-8 is by code points.
      *order = Compare(a.view(), b.view());
      return context.ChargeBytes(std::min(a.size, b.size));
    case Kind::kDuration:
      *order = Compare(a.i, b.i);
      return true;
    case Kind::kTimestamp:
      *order = a.i == b.i ? Compare(a.nanos, b.nanos) : Compare(a.i, b.i);
      return true;
    default:
      return false;
  }
}

template <typename Holds>
Value RunOrder(Context& context, const Value* args, Holds holds) {
  std::partial_ordering order = std::partial_ordering::unordered;
  if (!Order(context, args[0], args[1], &order)) return Value::Error(kNoOverload);
  return Value::Bool(holds(order));
}

Value IndexList(Context& context, const Value& list, const Value& index) {
  if (!index.is_number()) return Value::Error(kNoOverload);
  const Value size = Value::Uint(SizeOf(list));
  const bool inside = CompareNumbers(index, Value::Int(0)) >= 0 && CompareNumbers(index, size) < 0;
  if (!inside) return Value::Error("an index out of range");
  const size_t at = index.kind == Kind::kInt    ? static_cast<size_t>(index.i)
                    : index.kind == Kind::kUint ? static_cast<size_t>(index.u)
                                                : static_cast<size_t>(index.d);
  if (index.kind == Kind::kDouble && static_cast<double>(at) != index.d) {
    return Value::Error("an index that is no whole number");
  }
  return ElementAt(context, list, at);
}

}  // namespace

Value RunEqual(Context& context, const Value* args, const void*) {
  return Equal(context, args[0], args[1]);
}

Value RunNotEqual(Context& context, const Value* args, const void*) {
  const Value equal = Equal(context, args[0], args[1]);
  return equal.is_error() ? equal : Value::Bool(!equal.b);
}

Value RunLess(Context& context, const Value* args, const void*) {
  return RunOrder(context, args, [](std::partial_ordering order) { return order < 0; });
}

Value RunLessOrEqual(Context& context, const Value* args, const void*) {
  return RunOrder(context, args, [](std::partial_ordering order) { return order <= 0; });
}

Value RunGreater(Context& context, const Value* args, const void*) {
  return RunOrder(context, args, [](std::partial_ordering order) { return order > 0; });
}

Value RunGreaterOrEqual(Context& context, const Value* args, const void*) {
  return RunOrder(context, args, [](std::partial_ordering order) { return order >= 0; });
}

Value RunIn(Context& context, const Value* args, const void*) {
  const Value& container = args[1];
  if (container.kind == Kind::kMap) {
    const std::optional<Value> found = Find(context, container, args[0]);
    if (found.has_value() && found->is_error()) return *found;
    return Value::Bool(found.has_value());
  }
  if (container.kind != Kind::kList) return Value::Error(kNoOverload);
  const size_t size = SizeOf(container);
  Value result = Value::Bool(false);
  for (size_t i = 0; i < size; ++i) {
    const Value same = Equal(context, ElementAt(context, container, i), args[0]);
    if (same.is_true()) return same;
    if (same.is_error()) result = same;
    if (same.is_error() && same.text == kTooCostly) break;
  }
  return result;
}

Value RunIndex(Context& context, const Value* args, const void*) {
  if (args[0].kind == Kind::kList) return IndexList(context, args[0], args[1]);
  if (args[0].kind != Kind::kMap) return Value::Error(kNoOverload);
  return Find(context, args[0], args[1]).value_or(Value::Error(kNoSuchKey));
}

Value RunNot(Context&, const Value* args, const void*) {
  if (args[0].kind != Kind::kBool) return Value::Error(kNoOverload);
  return Value::Bool(!args[0].b);
}

}  // namespace warden::condition
