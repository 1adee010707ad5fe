#include "tests/authz/policy/proto_text.h"

#include <google/protobuf/descriptor.pb.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace warden::testing {
namespace {

// A folder of its own that goes away.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "warden-proto-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string File(const std::string& name) const { return path_ / name; }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

google::protobuf::FileDescriptorSet Compile(std::string_view text) {
  const ScratchFolder folder;
  std::ofstream(folder.File("test.proto"), std::ios::binary) << text;
  const std::string command =
      std::string(WARDEN_PROTOC) + " -I" + folder.path() + " -I" + WARDEN_PROTO_ROOT +
      " --include_imports --include_source_info --descriptor_set_out=" + folder.File("set.binpb") +
      " test.proto";
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error("protoc refuses: " + std::string(text));
  std::ifstream file(folder.File("set.binpb"), std::ios::binary);
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromIstream(&file)) throw std::runtime_error("no descriptor set");
  return set;
}

}  // namespace

ProtoText::ProtoText(std::string_view text)
    : pool_(std::make_unique<google::protobuf::DescriptorPool>()) {
  const google::protobuf::FileDescriptorSet set = Compile(text);
  for (const auto& file : set.file()) file_ = pool_->BuildFile(file);
  if (file_ == nullptr) throw std::runtime_error("the descriptors do not build");
}

const google::protobuf::MethodDescriptor& ProtoText::method(const std::string& name) const {
  const auto* found = pool_->FindMethodByName(name);
  if (found == nullptr) throw std::runtime_error("no method " + name);
  return *found;
}

const google::protobuf::Descriptor& ProtoText::message(const std::string& name) const {
  const auto* found = pool_->FindMessageTypeByName(name);
  if (found == nullptr) throw std::runtime_error("no message " + name);
  return *found;
}

std::vector<const google::protobuf::MethodDescriptor*> ProtoText::methods() const {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (int i = 0; i < file_->service_count(); ++i) {
    for (int j = 0; j < file_->service(i)->method_count(); ++j) {
      methods.push_back(file_->service(i)->method(j));
    }
  }
  return methods;
}

ProtoText AnnotatedProto(std::string_view body) {
  return ProtoText(
      "syntax = \"proto3\"; package shop; import \"warden/v1/annotations.proto\"; "
      "message Req {} message Res {}\n" +
      std::string(body));
}

}  // namespace warden::testing
