// Descriptors from .proto text that stands in a test.
#ifndef WARDEN_TESTS_AUTHZ_POLICY_PROTO_TEXT_H_
#define WARDEN_TESTS_AUTHZ_POLICY_PROTO_TEXT_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace warden::testing {

// One file, "test.proto", that may import Warden's and Google's own files, compiled by protoc with
// source information. Throws std::runtime_error if that fails. Owns the descriptors.
class ProtoText {
 public:
  explicit ProtoText(std::string_view text);

  const google::protobuf::FileDescriptor& file() const { return *file_; }
  // By full name; throw if there is none.
  const google::protobuf::MethodDescriptor& method(const std::string& name) const;
  const google::protobuf::Descriptor& message(const std::string& name) const;
  // Of all services, as declared.
  std::vector<const google::protobuf::MethodDescriptor*> methods() const;

 private:
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
};

// A file that imports the annotations, with the messages Req and Res in its first line and `body`
// from the second on; package `shop`.
ProtoText AnnotatedProto(std::string_view body);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_POLICY_PROTO_TEXT_H_
