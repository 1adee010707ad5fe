// Types of expressions, as far as they are known before evaluation.
// Source: google/cel-spec, doc/langdef.md, "Gradual Type Checking" and "Protocol Buffer Data".
#ifndef WARDEN_AUTHZ_CONDITION_TYPE_H_
#define WARDEN_AUTHZ_CONDITION_TYPE_H_

#include <string>
#include <vector>

#include "authz/condition/value.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace warden::condition {

struct Type {
  Kind kind = Kind::kDyn;
  bool nullable = false;                                  // a wrapper: null where it is not set
  const google::protobuf::Descriptor* message = nullptr;  // of kMessage
  std::vector<Type> of;  // kList: the elements' type; kMap: the keys' and the values'

  bool is_dyn() const { return kind == Kind::kDyn; }
  bool is_number() const {
    return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble;
  }

  static Type Of(Kind kind) { return Type{.kind = kind}; }
  static Type ListOf(Type element);
  static Type MapOf(Type key, Type value);
  // What a message of this type reads as: google.protobuf.Timestamp is a timestamp.
  static Type OfMessage(const google::protobuf::Descriptor& message);
  static Type OfField(const google::protobuf::FieldDescriptor& field);
};

// "list(string)", "shop.v1.Order", "dyn".
std::string ToString(const Type& type);
// As ToString of a type without parts: "list". Static storage.
std::string_view KindName(Kind kind);

// Whether `==` between them can make sense.
bool Comparable(const Type& a, const Type& b);
// The type that both have: `dyn` where they differ.
Type Join(const Type& a, const Type& b);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_TYPE_H_
