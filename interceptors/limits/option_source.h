// Where a method's option stands: at the method, its service or its file. Internal to
// interceptors/limits.
#ifndef WARDEN_INTERCEPTORS_LIMITS_OPTION_SOURCE_H_
#define WARDEN_INTERCEPTORS_LIMITS_OPTION_SOURCE_H_

#include <google/protobuf/descriptor.pb.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace warden {

// The nearest one counts as a whole.
template <typename Option>
struct OptionSource {
  const Option* option = nullptr;  // null where there is none
  std::string name;                // "NAME", or "service_NAME of shop.v1.Orders"
  bool own = false;                // of the method itself
};

template <typename Option, typename OfMethod, typename OfService, typename OfFile>
OptionSource<Option> FindOption(const google::protobuf::MethodDescriptor& method,
                                const std::string& name, const OfMethod& of_method,
                                const OfService& of_service, const OfFile& of_file) {
  if (method.options().HasExtension(of_method)) {
    return {&method.options().GetExtension(of_method), name, true};
  }
  const auto& service = *method.service();
  if (service.options().HasExtension(of_service)) {
    return {&service.options().GetExtension(of_service),
            absl::StrCat("service_", name, " of ", service.full_name())};
  }
  const auto& file = *method.file();
  if (file.options().HasExtension(of_file)) {
    return {&file.options().GetExtension(of_file),
            absl::StrCat("file_", name, " of ", file.name())};
  }
  return {};
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_OPTION_SOURCE_H_
