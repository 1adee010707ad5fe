// Descriptor sets from files: what `protoc --include_imports --descriptor_set_out=FILE` writes.
#ifndef WARDEN_TOOLS_WARDEN_DESCRIPTORS_H_
#define WARDEN_TOOLS_WARDEN_DESCRIPTORS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace warden::cli {

// "/shop.v1.Shop/Get", as gRPC names it.
std::string FullName(const google::protobuf::MethodDescriptor& method);

// A descriptor pool built from a serialized FileDescriptorSet. Descriptors live as long as it does.
class DescriptorSet {
 public:
  // InvalidArgument, listing every problem, if the file is not a descriptor set, misses an import
  // (it was written without
  // --include_imports) or does not build; NotFound and the like if it cannot be read.
  static absl::StatusOr<std::unique_ptr<DescriptorSet>> Load(const std::string& path);

  const google::protobuf::DescriptorPool& pool() const { return pool_; }
  // In the set's order, which is that of the imports.
  const std::vector<const google::protobuf::FileDescriptor*>& files() const { return files_; }
  // Of every service of every file, as declared; of the services of these full names only, if there
  // are any. NotFound names each service that the set does not have.
  absl::StatusOr<std::vector<const google::protobuf::MethodDescriptor*>> Methods(
      const std::vector<std::string>& services = {}) const;
  // The method of this full name; all of a service where it is "/shop.v1.Shop/*". Never empty:
  // NotFound if there is none.
  absl::StatusOr<std::vector<const google::protobuf::MethodDescriptor*>> MethodsNamed(
      const std::string& name) const;

 private:
  class ErrorList : public google::protobuf::DescriptorPool::ErrorCollector {
   public:
    void AddError(const std::string& file, const std::string& element,
                  const google::protobuf::Message*, ErrorLocation,
                  const std::string& message) override;
    const std::vector<std::string>& lines() const { return lines_; }

   private:
    std::vector<std::string> lines_;
  };

  DescriptorSet() : pool_(&database_, &errors_) {}

  google::protobuf::SimpleDescriptorDatabase database_;
  ErrorList errors_;
  google::protobuf::DescriptorPool pool_;
  std::vector<const google::protobuf::FileDescriptor*> files_;
};

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_DESCRIPTORS_H_
