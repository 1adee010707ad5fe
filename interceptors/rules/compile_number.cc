// Numbers, points in time and spans: kinds with an order.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "interceptors/rules/compile_value.h"
#include "interceptors/rules/rule_words.h"

namespace warden::rules {
namespace {

using google::protobuf::FieldDescriptor;

// What differs between the domains that numbers are compared in.
template <typename T>
struct Domain {
  T min, max;  // of the field's type
  Op inside, outside, in, not_in;
  std::function<std::string(const T&)> show;
};

int64_t Next(int64_t value) { return value + 1; }
int64_t Previous(int64_t value) { return value - 1; }
uint64_t Next(uint64_t value) { return value + 1; }
uint64_t Previous(uint64_t value) { return value - 1; }
Nanos Next(Nanos value) { return value + 1; }
Nanos Previous(Nanos value) { return value - 1; }
double Next(double value) { return std::nextafter(value, std::numeric_limits<double>::infinity()); }
double Previous(double value) {
  return std::nextafter(value, -std::numeric_limits<double>::infinity());
}

void SetInterval(int64_t low, int64_t high, ProgramData&, Check* check) {
  check->a.i = low;
  check->b.i = high;
}
void SetInterval(uint64_t low, uint64_t high, ProgramData&, Check* check) {
  check->a.u = low;
  check->b.u = high;
}
void SetInterval(double low, double high, ProgramData&, Check* check) {
  check->a.d = low;
  check->b.d = high;
}
void SetInterval(Nanos low, Nanos high, ProgramData& data, Check* check) {
  check->index = static_cast<uint32_t>(data.ranges.size());
  data.ranges.push_back({low, high});
}

std::vector<std::vector<int64_t>>& SetsOf(ProgramData& data, int64_t) { return data.int_sets; }
std::vector<std::vector<uint64_t>>& SetsOf(ProgramData& data, uint64_t) { return data.uint_sets; }
std::vector<std::vector<double>>& SetsOf(ProgramData& data, double) { return data.double_sets; }
std::vector<std::vector<Nanos>>& SetsOf(ProgramData& data, Nanos) { return data.nanos_sets; }

Value ToValue(int64_t number) {
  Value value;
  value.i = number;
  return value;
}
Value ToValue(uint64_t number) {
  Value value;
  value.u = number;
  return value;
}
Value ToValue(double number) {
  Value value;
  value.d = number;
  return value;
}
Value ToValue(Nanos number) {
  Value value;
  value.nanos = number;
  return value;
}

// The bounds that a value has, at most one of each side.
template <typename T>
struct Bounds {
  std::optional<T> gt, gte, lt, lte;

  bool has_lower() const { return gt || gte; }
  bool has_upper() const { return lt || lte; }
  T lower() const { return gt ? *gt : *gte; }
  T upper() const { return lt ? *lt : *lte; }
  // The value must lie outside of the range.
  bool reversed() const { return has_lower() && has_upper() && upper() < lower(); }

  std::string Id() const {
    const std::string low = gt ? "gt" : gte ? "gte" : "";
    const std::string high = lt ? "lt" : lte ? "lte" : "";
    return absl::StrCat(low, has_lower() && has_upper() ? "_" : "", high,
                        reversed() ? "_exclusive" : "");
  }

  std::string Words(const Domain<T>& domain) const {
    std::string low, high;
    if (has_lower()) {
      low = absl::StrCat(gt ? "greater than " : "greater than or equal to ", domain.show(lower()));
    }
    if (has_upper()) {
      high = absl::StrCat(lt ? "less than " : "less than or equal to ", domain.show(upper()));
    }
    const char* link = !has_lower() || !has_upper() ? "" : reversed() ? " or " : " and ";
    return absl::StrCat("must be ", low, link, high);
  }
};

template <typename T>
bool IsNan(const std::optional<T>& bound) {
  if constexpr (std::is_same_v<T, double>) return bound && std::isnan(*bound);
  return false;
}

template <typename T>
void AddBounds(const Bounds<T>& bounds, const Domain<T>& domain, ValueBuilder& out) {
  if (bounds.has_lower()) out.AddConstant(bounds.gt ? "gt" : "gte", domain.show(bounds.lower()));
  if (bounds.has_upper()) out.AddConstant(bounds.lt ? "lt" : "lte", domain.show(bounds.upper()));
}

template <typename T>
void CompileBounds(RuleView& rules, const Domain<T>& domain, ValueBuilder& out) {
  const Bounds<T> bounds{.gt = rules.Number("gt", T{}),
                         .gte = rules.Number("gte", T{}),
                         .lt = rules.Number("lt", T{}),
                         .lte = rules.Number("lte", T{})};
  if (!bounds.has_lower() && !bounds.has_upper()) return;
  if (IsNan(bounds.gt) || IsNan(bounds.gte) || IsNan(bounds.lt) || IsNan(bounds.lte)) {
    return out.site().Add(absl::StrCat("`", rules.PathOf(bounds.Id()), "`: NaN is not a bound"));
  }
  if (bounds.reversed()) {
    // Between the two, as a closed interval; lte < gte, so neither step leaves the domain.
    const T low = bounds.lt ? *bounds.lt : Next(*bounds.lte);
    const T high = bounds.gt ? *bounds.gt : Previous(*bounds.gte);
    SetInterval(low, high, out.data(),
                &out.AddCheck(domain.outside, bounds.Id(), bounds.Words(domain)));
    AddBounds(bounds, domain, out);
    return;
  }
  const bool none_above = bounds.gt && *bounds.gt >= domain.max;
  const bool none_below = bounds.lt && *bounds.lt <= domain.min;
  const T low = none_above || !bounds.has_lower() ? domain.min
                : bounds.gt                       ? Next(*bounds.gt)
                                                  : *bounds.gte;
  const T high = none_below || !bounds.has_upper() ? domain.max
                 : bounds.lt                       ? Previous(*bounds.lt)
                                                   : *bounds.lte;
  if (none_above || none_below || high < low) {
    out.site().Add(
        absl::StrCat("`", rules.PathOf(bounds.Id()), "`: no value ", bounds.Words(domain)));
  }
  SetInterval(low, high, out.data(),
              &out.AddCheck(domain.inside, bounds.Id(), bounds.Words(domain)));
  AddBounds(bounds, domain, out);
}

template <typename T>
void CompileSet(Op op, std::string_view name, const char* words, std::vector<T> set,
                const Domain<T>& domain, ValueBuilder& out) {
  if (set.empty()) return;
  std::vector<std::string> shown;
  shown.reserve(set.size());
  for (const T& each : set) shown.push_back(domain.show(each));
  auto& sets = SetsOf(out.data(), T{});
  out.AddCheck(op, name, absl::StrCat(words, ShowList(shown))).index =
      static_cast<uint32_t>(sets.size());
  out.AddConstant(name, ShowList(shown));
  // Sets of doubles are not searched by order, which NaN does not have.
  if constexpr (!std::is_same_v<T, double>) std::sort(set.begin(), set.end());
  sets.push_back(std::move(set));
}

// Everything that all of the kinds have; `const`, bounds, sets.
template <typename T>
void CompileOrdered(RuleView& rules, const Domain<T>& domain, ValueBuilder& out) {
  std::vector<Value> constants, members;
  if (const std::optional<T> constant = rules.Number("const", T{})) {
    Check& check =
        out.AddCheck(domain.inside, "const", absl::StrCat("must equal ", domain.show(*constant)));
    SetInterval(*constant, *constant, out.data(), &check);
    out.AddConstant("const", domain.show(*constant));
    constants.push_back(ToValue(*constant));
  }
  CompileBounds(rules, domain, out);
  const std::vector<T> in = rules.Numbers("in", T{});
  for (const T& each : in) members.push_back(ToValue(each));
  CompileSet(domain.in, "in", "must be one of ", in, domain, out);
  CompileSet(domain.not_in, "not_in", "must not be one of ", rules.Numbers("not_in", T{}), domain,
             out);
  if constexpr (std::is_same_v<T, double>) {
    if (rules.Bool("finite").value_or(false)) out.AddCheck(Op::kFinite, "finite", "must be finite");
  }
  out.CheckConstants(constants, members);
}

// The field that holds the number: the wrapper's, if it is in one.
const FieldDescriptor& Scalar(ValueBuilder& out) {
  return out.plan().unwrap == Unwrap::kWrapper ? *out.plan().inner : out.field();
}

void CompileDefinedOnly(RuleView& rules, ValueBuilder& out) {
  const bool defined_only = rules.Bool("defined_only").value_or(false);
  const google::protobuf::EnumDescriptor* type = out.field().enum_type();
  if (!defined_only || type == nullptr) return;
  std::vector<int64_t> numbers;
  numbers.reserve(static_cast<size_t>(type->value_count()));
  for (int i = 0; i < type->value_count(); ++i) numbers.push_back(type->value(i)->number());
  std::sort(numbers.begin(), numbers.end());
  out.AddCheck(Op::kIntIn, "defined_only", "must be one of the defined enum values").index =
      static_cast<uint32_t>(out.data().int_sets.size());
  out.data().int_sets.push_back(std::move(numbers));
}

}  // namespace

void CompileIntRules(RuleView& rules, ValueBuilder& out) {
  using Limits32 = std::numeric_limits<int32_t>;
  using Limits64 = std::numeric_limits<int64_t>;
  const FieldDescriptor::CppType type = Scalar(out).cpp_type();
  const bool wide = type == FieldDescriptor::CPPTYPE_INT64;
  const bool is_bool = type == FieldDescriptor::CPPTYPE_BOOL;
  const Domain<int64_t> domain{.min = is_bool ? 0
                                      : wide  ? Limits64::min()
                                              : Limits32::min(),
                               .max = is_bool ? 1
                                      : wide  ? Limits64::max()
                                              : Limits32::max(),
                               .inside = Op::kIntInside,
                               .outside = Op::kIntOutside,
                               .in = Op::kIntIn,
                               .not_in = Op::kIntNotIn,
                               .show = [is_bool](const int64_t& value) {
                                 return is_bool ? std::string(value != 0 ? "true" : "false")
                                                : absl::StrCat(value);
                               }};
  if (type == FieldDescriptor::CPPTYPE_ENUM) CompileDefinedOnly(rules, out);
  CompileOrdered(rules, domain, out);
}

void CompileUintRules(RuleView& rules, ValueBuilder& out) {
  const bool wide = Scalar(out).cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  const Domain<uint64_t> domain{
      .min = 0,
      .max = wide ? std::numeric_limits<uint64_t>::max() : std::numeric_limits<uint32_t>::max(),
      .inside = Op::kUintInside,
      .outside = Op::kUintOutside,
      .in = Op::kUintIn,
      .not_in = Op::kUintNotIn,
      .show = [](const uint64_t& value) { return absl::StrCat(value); }};
  CompileOrdered(rules, domain, out);
}

void CompileDoubleRules(RuleView& rules, ValueBuilder& out) {
  const bool single = Scalar(out).cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
  const Domain<double> domain{
      .min = -std::numeric_limits<double>::infinity(),
      .max = std::numeric_limits<double>::infinity(),
      .inside = Op::kDoubleInside,
      .outside = Op::kDoubleOutside,
      .in = Op::kDoubleIn,
      .not_in = Op::kDoubleNotIn,
      .show = [single](const double& value) { return ShowDouble(value, single); }};
  CompileOrdered(rules, domain, out);
}

void CompileTimeRules(RuleView& rules, ValueBuilder& out) {
  const bool is_time = KindOf(out.field()) == "timestamp";
  const Domain<Nanos> domain{.min = absl::Int128Min(),
                             .max = absl::Int128Max(),
                             .inside = Op::kNanosInside,
                             .outside = Op::kNanosOutside,
                             .in = Op::kNanosIn,
                             .not_in = Op::kNanosNotIn,
                             .show = [is_time](const Nanos& value) {
                               return is_time ? ShowTime(value) : ShowDuration(value);
                             }};
  CompileOrdered(rules, domain, out);
  if (!is_time) return;
  const bool lt_now = rules.Bool("lt_now").value_or(false);
  const bool gt_now = rules.Bool("gt_now").value_or(false);
  if (lt_now) out.AddCheck(Op::kNotAfterNow, "lt_now", "must be in the past");
  if (gt_now) out.AddCheck(Op::kNotBeforeNow, "gt_now", "must be in the future");
  if (lt_now && gt_now)
    out.site().Add("`timestamp.lt_now` and `timestamp.gt_now` exclude each other");
  if (const std::optional<Nanos> within = rules.Number("within", Nanos{})) {
    if (*within < 0) out.site().Add("`timestamp.within` is negative");
    Check& check = out.AddCheck(Op::kWithinNow, "within",
                                absl::StrCat("must be within ", ShowDuration(*within), " of now"));
    SetInterval(*within, *within, out.data(), &check);
    out.AddConstant("within", ShowDuration(*within));
    out.data().uses_clock = true;
  }
  out.data().uses_clock |= lt_now || gt_now;
}

}  // namespace warden::rules
