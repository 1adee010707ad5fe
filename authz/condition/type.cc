#include "authz/condition/type.h"

#include <google/protobuf/descriptor.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace warden::condition {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

Type Nullable(Kind kind) {
  Type type = Type::Of(kind);
  type.nullable = true;
  return type;
}

bool CanBeNull(const Type& type) {
  return type.nullable || type.kind == Kind::kMessage || type.kind == Kind::kTimestamp ||
         type.kind == Kind::kDuration;
}

Type OfSingle(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_ENUM:
      return Type::Of(Kind::kInt);
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return Type::Of(Kind::kUint);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Type::Of(Kind::kDouble);
    case FieldDescriptor::CPPTYPE_BOOL:
      return Type::Of(Kind::kBool);
    case FieldDescriptor::CPPTYPE_STRING:
      return Type::Of(field.type() == FieldDescriptor::TYPE_BYTES ? Kind::kBytes : Kind::kString);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Type::OfMessage(*field.message_type());
  }
  return Type();
}

}  // namespace

Type Type::ListOf(Type element) {
  Type type = Of(Kind::kList);
  type.of.push_back(std::move(element));
  return type;
}

Type Type::MapOf(Type key, Type value) {
  Type type = Of(Kind::kMap);
  type.of.push_back(std::move(key));
  type.of.push_back(std::move(value));
  return type;
}

Type Type::OfMessage(const Descriptor& message) {
  switch (message.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
      return Nullable(Kind::kDouble);
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
      return Nullable(Kind::kInt);
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
      return Nullable(Kind::kUint);
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
      return Nullable(Kind::kString);
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
      return Nullable(Kind::kBytes);
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return Nullable(Kind::kBool);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return Of(Kind::kTimestamp);
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return Of(Kind::kDuration);
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return MapOf(Of(Kind::kString), Type());
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return ListOf(Type());
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return Type();
    default:
      break;
  }
  Type type = Of(Kind::kMessage);
  type.message = &message;
  return type;
}

Type Type::OfField(const FieldDescriptor& field) {
  if (field.is_map()) {
    return MapOf(OfField(*field.message_type()->map_key()),
                 OfField(*field.message_type()->map_value()));
  }
  return field.is_repeated() ? ListOf(OfSingle(field)) : OfSingle(field);
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kError:
      return "error";
    case Kind::kNull:
      return "null_type";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kMessage:
      return "message";
    case Kind::kType:
      return "type";
    case Kind::kAddressRange:
      return "net.CIDR";
    case Kind::kDyn:
      return "dyn";
  }
  return "";
}

std::string ToString(const Type& type) {
  if (type.kind == Kind::kMessage && type.message != nullptr) return type.message->full_name();
  std::string text(KindName(type.kind));
  if (type.kind == Kind::kList && !type.of.empty()) {
    absl::StrAppend(&text, "(", ToString(type.of[0]), ")");
  } else if (type.kind == Kind::kMap && !type.of.empty()) {
    absl::StrAppend(&text, "(", ToString(type.of[0]), ", ", ToString(type.of[1]), ")");
  }
  return text;
}

bool Comparable(const Type& a, const Type& b) {
  if (a.is_dyn() || b.is_dyn()) return true;
  if (a.kind == Kind::kNull) return b.kind == Kind::kNull || CanBeNull(b);
  if (b.kind == Kind::kNull) return CanBeNull(a);
  if (a.kind != b.kind || a.message != b.message || a.of.size() != b.of.size()) return false;
  for (size_t i = 0; i < a.of.size(); ++i) {
    if (!Comparable(a.of[i], b.of[i])) return false;
  }
  return true;
}

Type Join(const Type& a, const Type& b) {
  if (a.kind != b.kind || a.message != b.message || a.of.size() != b.of.size()) return Type();
  Type type = a;
  type.nullable = a.nullable || b.nullable;
  for (size_t i = 0; i < a.of.size(); ++i) type.of[i] = Join(a.of[i], b.of[i]);
  return type;
}

}  // namespace warden::condition
