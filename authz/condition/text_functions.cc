// Functions over strings, bytes, and the sizes of things; see functions.h.
#include <string.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "authz/condition/containers.h"
#include "authz/condition/functions.h"
#include "authz/identity/address_set.h"
#include "re2/re2.h"

namespace warden::condition {
namespace {

// Code points; in ill-formed text, what begins one.
size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

Value Size(Context& context, const Value* args, const void*) {
  const Value& of = args[0];
  switch (of.kind) {
    case Kind::kString:
      if (!context.ChargeBytes(of.size)) return Value::Error(kTooCostly);
      return Value::Int(static_cast<int64_t>(CountCharacters(of.view())));
    case Kind::kBytes:
      return Value::Int(static_cast<int64_t>(of.size));
    case Kind::kList:
    case Kind::kMap:
      return Value::Int(static_cast<int64_t>(SizeOf(of)));
    default:
      return Value::Error(kNoOverload);
  }
}

bool AreStrings(const Value* args) {
  return args[0].kind == Kind::kString && args[1].kind == Kind::kString;
}

bool AreTexts(const Value* args) {
  return AreStrings(args) || (args[0].kind == Kind::kBytes && args[1].kind == Kind::kBytes);
}

Value StartsWith(Context& context, const Value* args, const void*) {
  if (!AreTexts(args)) return Value::Error(kNoOverload);
  if (!context.ChargeBytes(args[1].size)) return Value::Error(kTooCostly);
  return Value::Bool(args[0].view().starts_with(args[1].view()));
}

Value EndsWith(Context& context, const Value* args, const void*) {
  if (!AreTexts(args)) return Value::Error(kNoOverload);
  if (!context.ChargeBytes(args[1].size)) return Value::Error(kTooCostly);
  return Value::Bool(args[0].view().ends_with(args[1].view()));
}

// memmem of glibc is linear (the two-way algorithm), which std::string_view::find is not.
Value Contains(Context& context, const Value* args, const void*) {
  if (!AreTexts(args)) return Value::Error(kNoOverload);
  if (!context.ChargeBytes(args[0].size + args[1].size)) return Value::Error(kTooCostly);
  if (args[1].size == 0) return Value::Bool(true);
  return Value::Bool(memmem(args[0].text, args[0].size, args[1].text, args[1].size) != nullptr);
}

Value Matches(Context& context, const Value* args, const void* data) {
  if (!AreStrings(args) || data == nullptr) return Value::Error(kNoOverload);
  // In the worst case RE2 does some tens of operations a byte.
  if (!context.Charge(args[0].size / 4)) return Value::Error(kTooCostly);
  const auto& pattern = *static_cast<const RE2*>(data);
  return Value::Bool(RE2::PartialMatch(re2::StringPiece(args[0].text, args[0].size), pattern));
}

template <char (*kChange)(unsigned char)>
Value ChangeCase(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString) return Value::Error(kNoOverload);
  char* const changed = context.NewBytes(args[0].size);
  if (changed == nullptr) return Value::Error(kTooCostly);
  for (size_t i = 0; i < args[0].size; ++i) {
    changed[i] = kChange(static_cast<unsigned char>(args[0].text[i]));
  }
  return Value::String({changed, args[0].size});
}

Value ContainsIp(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kAddressRange || args[1].kind != Kind::kString) {
    return Value::Error(kNoOverload);
  }
  if (!context.Charge(4)) return Value::Error(kTooCostly);
  const std::optional<IpAddress> address = IpAddress::Parse(args[1].view());
  if (!address.has_value()) return Value::Error("a text that is no IP address");
  return Value::Bool(args[0].addresses->Contains(*address));
}

constexpr Overload Of(std::string_view name, bool member, Kind of, Kind result, Function run) {
  return {name, member, 1, {of, Kind::kDyn, Kind::kDyn}, result, run};
}

constexpr Overload Test(std::string_view name, Kind of, Function run, Kind with = Kind::kString) {
  return {name, true, 2, {of, with, Kind::kDyn}, Kind::kBool, run};
}

constexpr Overload kOverloads[] = {
    Of("size", false, Kind::kString, Kind::kInt, Size),
    Of("size", false, Kind::kBytes, Kind::kInt, Size),
    Of("size", false, Kind::kList, Kind::kInt, Size),
    Of("size", false, Kind::kMap, Kind::kInt, Size),
    Of("size", true, Kind::kString, Kind::kInt, Size),
    Of("size", true, Kind::kBytes, Kind::kInt, Size),
    Of("size", true, Kind::kList, Kind::kInt, Size),
    Of("size", true, Kind::kMap, Kind::kInt, Size),
    Test("startsWith", Kind::kString, StartsWith),
    Test("endsWith", Kind::kString, EndsWith),
    Test("contains", Kind::kString, Contains),
    Test("startsWith", Kind::kBytes, StartsWith, Kind::kBytes),
    Test("endsWith", Kind::kBytes, EndsWith, Kind::kBytes),
    Test("contains", Kind::kBytes, Contains, Kind::kBytes),
    Test("matches", Kind::kString, Matches),
    Test("containsIP", Kind::kAddressRange, ContainsIp),
    {"matches", false, 2, {Kind::kString, Kind::kString, Kind::kDyn}, Kind::kBool, Matches},
    Of("lowerAscii", true, Kind::kString, Kind::kString, ChangeCase<absl::ascii_tolower>),
    Of("upperAscii", true, Kind::kString, Kind::kString, ChangeCase<absl::ascii_toupper>),
};

}  // namespace

absl::Span<const Overload> TextOverloads() { return kOverloads; }

}  // namespace warden::condition
