#include "authz/condition/value.h"

#include <limits>

#include "nlohmann/json.hpp"

namespace warden::condition {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

Value OfKind(Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

}  // namespace

Value Value::Uint(uint64_t u) {
  Value value = OfKind(Kind::kUint);
  value.u = u;
  return value;
}

Value Value::Double(double d) {
  Value value = OfKind(Kind::kDouble);
  value.d = d;
  return value;
}

Value Value::Bytes(std::string_view text) {
  Value value = String(text);
  value.kind = Kind::kBytes;
  return value;
}

Value Value::TypeName(std::string_view name) {
  Value value = String(name);
  value.kind = Kind::kType;
  return value;
}

Value Value::Timestamp(int64_t seconds, int64_t nanos) {
  if (seconds < kFirstSecond || seconds > kLastSecond || nanos < 0 || nanos >= kNanosPerSecond) {
    return Error("a timestamp outside of the years 1 to 9999");
  }
  Value value = OfKind(Kind::kTimestamp);
  value.i = seconds;
  value.nanos = nanos;
  return value;
}

Value Value::Timestamp(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);  // rounds down
  return Timestamp(seconds, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
}

Value Value::Duration(int64_t seconds, int64_t nanos) {
  int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kNanosPerSecond, &total) ||
      __builtin_add_overflow(total, nanos, &total)) {
    return Error("a duration beyond some 292 years");
  }
  return Nanoseconds(total);
}

Value Value::Nanoseconds(int64_t nanoseconds) {
  Value value = OfKind(Kind::kDuration);
  value.i = nanoseconds;
  return value;
}

Value Value::Message(const google::protobuf::Message& message) {
  Value value = OfKind(Kind::kMessage);
  value.message = &message;
  return value;
}

Value Value::Addresses(const AddressSet& addresses) {
  Value value = OfKind(Kind::kAddressRange);
  value.addresses = &addresses;
  return value;
}

Value Value::ListOf(const Value* values, size_t count) {
  Value value = OfKind(Kind::kList);
  value.form = Form::kValues;
  value.values = values;
  value.size = count;
  return value;
}

Value Value::ListOf(const std::string* strings, size_t count) {
  Value value = OfKind(Kind::kList);
  value.form = Form::kStrings;
  value.strings = strings;
  value.size = count;
  return value;
}

Value Value::MapOf(const Value* values, size_t entries) {
  Value value = ListOf(values, entries);
  value.kind = Kind::kMap;
  return value;
}

Value Value::Json(const nlohmann::json& json) {
  using Type = nlohmann::json::value_t;
  switch (json.type()) {
    case Type::null:
      return Null();
    case Type::boolean:
      return Bool(*json.get_ptr<const bool*>());
    case Type::number_integer:
      return Int(*json.get_ptr<const int64_t*>());
    case Type::number_unsigned: {
      // Exactly, where CEL's own JSON would round to a double: two ids must not become one.
      const uint64_t u = *json.get_ptr<const uint64_t*>();
      const bool fits = u <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
      return fits ? Int(static_cast<int64_t>(u)) : Uint(u);
    }
    case Type::number_float:
      return Double(*json.get_ptr<const double*>());
    case Type::string:
      return String(*json.get_ptr<const std::string*>());
    case Type::array:
    case Type::object: {
      Value value = OfKind(json.is_array() ? Kind::kList : Kind::kMap);
      value.form = Form::kJson;
      value.json = &json;
      return value;
    }
    default:
      return Error("a JSON value of an unknown kind");
  }
}

}  // namespace warden::condition
