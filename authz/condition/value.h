// What an expression's parts evaluate to: small values that point into the request, the claims, the
// program or the evaluation's own memory, and copy none of them.
//
// Sources: google/cel-spec, doc/langdef.md, "Values". Thread-compatible.
#ifndef WARDEN_AUTHZ_CONDITION_VALUE_H_
#define WARDEN_AUTHZ_CONDITION_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "nlohmann/json_fwd.hpp"

namespace google::protobuf {
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace warden {
class AddressSet;
}  // namespace warden

namespace warden::condition {

enum class Kind : uint8_t {
  kError,
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kList,
  kMap,
  kMessage,
  kType,
  kAddressRange,
  kDyn,  // only of types: any of the others
};

// Where a list or map has its elements.
enum class Form : uint8_t {
  kNone,
  kValues,   // a list's values, or a map's keys and values in turn
  kStrings,  // std::strings
  kField,    // a repeated or map field of a message
  kJson,     // a JSON array or object
};

// An error has a constant text and the place in the expression; it is a value like any other, which
// `&&` and `||` may pass over.
struct Value {
  Kind kind = Kind::kError;
  Form form = Form::kNone;
  uint32_t offset = 0;  // of kError: where in the expression; 0 if not known yet
  union {
    int64_t i = 0;     // kInt, kDuration (nanoseconds), kTimestamp (seconds since 1970)
    uint64_t u;        // kUint
    double d;          // kDouble
    bool b;            // kBool
    const char* text;  // kString, kBytes, kType: not NUL-terminated; kError: NUL-terminated
    const Value* values;
    const std::string* strings;
    const nlohmann::json* json;
    const google::protobuf::Message* message;  // kMessage, and Form::kField
    const AddressSet* addresses;
  };
  union {
    size_t size = 0;  // bytes of text, elements of kValues (entries, of a map) and kStrings
    int64_t nanos;    // kTimestamp: from 0 to 999'999'999
    const google::protobuf::FieldDescriptor* field;
  };

  bool is_error() const { return kind == Kind::kError; }
  bool is_true() const { return kind == Kind::kBool && b; }
  bool is_false() const { return kind == Kind::kBool && !b; }
  bool is_number() const {
    return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble;
  }
  std::string_view view() const { return {text, size}; }

  // `message` is kept as a pointer, so it is a literal.
  static Value Error(const char* message);
  static Value Null();
  static Value Bool(bool b);
  static Value Int(int64_t i);
  static Value Uint(uint64_t u);
  static Value Double(double d);
  // These keep the view.
  static Value String(std::string_view text);
  static Value Bytes(std::string_view text);
  static Value TypeName(std::string_view name);
  // An error where it is outside of the years 1 to 9999 (timestamps), or of what int64 nanoseconds
  // can say (durations: some 292 years).
  static Value Timestamp(int64_t seconds, int64_t nanos);
  static Value Timestamp(absl::Time time);
  static Value Duration(int64_t seconds, int64_t nanos);
  static Value Nanoseconds(int64_t nanoseconds);
  static Value Message(const google::protobuf::Message& message);
  static Value Addresses(const AddressSet& addresses);
  static Value ListOf(const Value* values, size_t count);
  static Value ListOf(const std::string* strings, size_t count);
  // `values` are keys and values in turn, 2 * `entries` of them; keys differ.
  static Value MapOf(const Value* values, size_t entries);
  static Value Json(const nlohmann::json& json);
};

inline Value Value::Error(const char* message) {
  Value value;
  value.text = message;
  return value;
}

inline Value Value::Null() {
  Value value;
  value.kind = Kind::kNull;
  return value;
}

inline Value Value::Bool(bool b) {
  Value value;
  value.kind = Kind::kBool;
  value.b = b;
  return value;
}

inline Value Value::Int(int64_t i) {
  Value value;
  value.kind = Kind::kInt;
  value.i = i;
  return value;
}

inline Value Value::String(std::string_view text) {
  Value value;
  value.kind = Kind::kString;
  value.text = text.data();
  value.size = text.size();
  return value;
}

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_VALUE_H_
