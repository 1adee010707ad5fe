// The functions and operators that are called with values: their overloads, for the type check, and
// what runs. What runs looks at its arguments' kinds itself, whatever the type check made of them.
//
// Source: google/cel-spec, doc/langdef.md, "Standard Definitions"; `lowerAscii`, `upperAscii` and
// `format` are of cel-go's string extension, `cidr` and `containsIP` of its network extension.
#ifndef WARDEN_AUTHZ_CONDITION_FUNCTIONS_H_
#define WARDEN_AUTHZ_CONDITION_FUNCTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "authz/condition/context.h"
#include "authz/condition/value.h"

namespace warden::condition {

// `data` is what was prepared at compile time: `matches` has its RE2, time accessors their
// absl::TimeZone (null for UTC). Arguments are not errors. Thread-safe.
using Function = Value (*)(Context& context, const Value* args, const void* data);

struct Overload {
  std::string_view name;  // operators: as they are written
  bool member;            // called as args[0].name(...)
  uint8_t count;
  std::array<Kind, 3> params;  // kDyn takes anything
  Kind result;
  Function run;
};

inline constexpr char kNoOverload[] = "values of types that the operator or function does not take";

absl::Span<const Overload> ArithmeticOverloads();  // + - * / %
absl::Span<const Overload> TextOverloads();        // size, contains, matches, containsIP ...
absl::Span<const Overload> TimeOverloads();        // getHours ...
absl::Span<const Overload> ConversionOverloads();  // int, string, timestamp, type ...
absl::Span<const Overload> FormatOverloads();      // format

// `more` are the functions that an environment adds.
using MoreFunctions = std::vector<absl::Span<const Overload>>;
std::vector<const Overload*> FindOverloads(std::string_view name, bool member,
                                           const MoreFunctions& more);
// Of all functions, for suggestions.
std::vector<std::string> FunctionNames(const MoreFunctions& more);

// What string() makes of a value; an error for lists, maps, messages and the like.
Value ToText(Context& context, const Value* args, const void*);

// Operators with types of their own.
Value RunEqual(Context& context, const Value* args, const void*);
Value RunNotEqual(Context& context, const Value* args, const void*);
Value RunLess(Context& context, const Value* args, const void*);
Value RunLessOrEqual(Context& context, const Value* args, const void*);
Value RunGreater(Context& context, const Value* args, const void*);
Value RunGreaterOrEqual(Context& context, const Value* args, const void*);
Value RunIn(Context& context, const Value* args, const void*);
Value RunIndex(Context& context, const Value* args, const void*);
Value RunNot(Context& context, const Value* args, const void*);

// "2026-11-21T17:00:00Z" (RFC 3339) and "1h30m", "-1.5s".
Value ParseTimestamp(std::string_view text);
Value ParseDuration(std::string_view text);
// "Europe/Berlin", "UTC", "+02:00". Nothing if there is no such zone. Reads the system's files.
std::optional<absl::TimeZone> FindTimeZone(std::string_view name);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_FUNCTIONS_H_
