#include "interceptors/rules/cel_functions.h"

#include <algorithm>
#include <cmath>

#include "authz/condition/compare.h"
#include "authz/condition/containers.h"
#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

using condition::Context;
using condition::Kind;
using condition::kNoOverload;
using condition::kTooCostly;
using condition::Overload;
using condition::Value;

// A function of one text. Each looks at every byte a bounded number of times.
template <bool (*kHasFormat)(std::string_view)>
Value Test(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString) return Value::Error(kNoOverload);
  if (!context.ChargeBytes(args[0].size)) return Value::Error(kTooCostly);
  return Value::Bool(kHasFormat(args[0].view()));
}

Value HostAndPort(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString || args[1].kind != Kind::kBool) {
    return Value::Error(kNoOverload);
  }
  if (!context.ChargeBytes(args[0].size)) return Value::Error(kTooCostly);
  return Value::Bool(IsHostAndPort(args[0].view(), args[1].b));
}

Value IpOfVersion(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString || args[1].kind != Kind::kInt) {
    return Value::Error(kNoOverload);
  }
  if (!context.ChargeBytes(args[0].size)) return Value::Error(kTooCostly);
  const std::string_view text = args[0].view();
  switch (args[1].i) {
    case 0:
      return Value::Bool(IsIp(text));
    case 4:
      return Value::Bool(IsIpv4(text));
    case 6:
      return Value::Bool(IsIpv6(text));
    default:
      return Value::Bool(false);
  }
}

Value Prefix(Context& context, const Value& text, int64_t version, bool strict) {
  if (!context.ChargeBytes(text.size)) return Value::Error(kTooCostly);
  if (version != 0 && version != 4 && version != 6) return Value::Bool(false);
  const IpVersion wanted = version == 0   ? IpVersion::kAny
                           : version == 4 ? IpVersion::k4
                                          : IpVersion::k6;
  return Value::Bool(IsIpPrefix(text.view(), wanted, strict));
}

Value AnyPrefix(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString) return Value::Error(kNoOverload);
  return Prefix(context, args[0], 0, false);
}

// The second argument is a version or whether it is strict.
Value SomePrefix(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString) return Value::Error(kNoOverload);
  if (args[1].kind == Kind::kInt) return Prefix(context, args[0], args[1].i, false);
  if (args[1].kind == Kind::kBool) return Prefix(context, args[0], 0, args[1].b);
  return Value::Error(kNoOverload);
}

Value ExactPrefix(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString || args[1].kind != Kind::kInt || args[2].kind != Kind::kBool) {
    return Value::Error(kNoOverload);
  }
  return Prefix(context, args[0], args[1].i, args[2].b);
}

Value IsNan(Context&, const Value* args, const void*) {
  if (args[0].kind != Kind::kDouble) return Value::Error(kNoOverload);
  return Value::Bool(std::isnan(args[0].d));
}

Value IsInf(Context&, const Value* args, const void*) {
  if (args[0].kind != Kind::kDouble) return Value::Error(kNoOverload);
  return Value::Bool(std::isinf(args[0].d));
}

Value IsInfOfSign(Context&, const Value* args, const void*) {
  if (args[0].kind != Kind::kDouble || args[1].kind != Kind::kInt) {
    return Value::Error(kNoOverload);
  }
  const bool wanted = args[1].i == 0 || (args[0].d > 0) == (args[1].i > 0);
  return Value::Bool(std::isinf(args[0].d) && wanted);
}

bool IsBefore(const Value& a, const Value& b) {
  if (a.kind != b.kind) return a.kind < b.kind;
  switch (a.kind) {
    case Kind::kBool:
      return a.b < b.b;
    case Kind::kString:
    case Kind::kBytes:
      return a.view() < b.view();
    default:
      return condition::CompareNumbers(a, b) < 0;
  }
}

// By sorting, whose time is bounded whatever a client sends. NaN equals nothing, so it is left out.
Value Unique(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kList) return Value::Error(kNoOverload);
  const size_t size = condition::SizeOf(args[0]);
  Value* const items = context.NewValues(size);
  if (items == nullptr) return Value::Error(kTooCostly);
  size_t count = 0;
  for (size_t i = 0; i < size; ++i) {
    const Value item = condition::ElementAt(context, args[0], i);
    if (item.is_error()) return item;
    const bool text = item.kind == Kind::kString || item.kind == Kind::kBytes;
    if (!text && !item.is_number() && item.kind != Kind::kBool) {
      return Value::Error("unique() of values that are no scalars");
    }
    if (!context.Charge(16) || (text && !context.ChargeBytes(16 * item.size))) {
      return Value::Error(kTooCostly);
    }
    if (item.kind == Kind::kDouble && std::isnan(item.d)) continue;
    items[count++] = item;
  }
  std::sort(items, items + count, IsBefore);
  const Value* const end = items + count;
  const auto same = [](const Value& a, const Value& b) { return !IsBefore(a, b); };
  return Value::Bool(std::adjacent_find(items, items + count, same) == end);
}

constexpr Overload Of(std::string_view name, uint8_t count, std::array<Kind, 3> params,
                      condition::Function run) {
  return {name, true, count, params, Kind::kBool, run};
}

constexpr Kind kText = Kind::kString;
constexpr Kind kDyn = Kind::kDyn;

constexpr Overload kFunctions[] = {
    Of("isEmail", 1, {kText, kDyn, kDyn}, Test<IsEmail>),
    Of("isHostname", 1, {kText, kDyn, kDyn}, Test<IsHostname>),
    Of("isUri", 1, {kText, kDyn, kDyn}, Test<IsUri>),
    Of("isUriRef", 1, {kText, kDyn, kDyn}, Test<IsUriRef>),
    Of("isHostAndPort", 2, {kText, Kind::kBool, kDyn}, HostAndPort),
    Of("isIp", 1, {kText, kDyn, kDyn}, Test<IsIp>),
    Of("isIp", 2, {kText, Kind::kInt, kDyn}, IpOfVersion),
    Of("isIpPrefix", 1, {kText, kDyn, kDyn}, AnyPrefix),
    Of("isIpPrefix", 2, {kText, Kind::kInt, kDyn}, SomePrefix),
    Of("isIpPrefix", 2, {kText, Kind::kBool, kDyn}, SomePrefix),
    Of("isIpPrefix", 3, {kText, Kind::kInt, Kind::kBool}, ExactPrefix),
    Of("isNan", 1, {Kind::kDouble, kDyn, kDyn}, IsNan),
    Of("isInf", 1, {Kind::kDouble, kDyn, kDyn}, IsInf),
    Of("isInf", 2, {Kind::kDouble, Kind::kInt, kDyn}, IsInfOfSign),
    Of("unique", 1, {Kind::kList, kDyn, kDyn}, Unique),
};

}  // namespace

absl::Span<const Overload> CelFunctions() { return kFunctions; }

}  // namespace warden::rules
