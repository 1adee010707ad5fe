// Where in a YAML file each field of the message that was read from it stands.
#ifndef WARDEN_AUTHZ_CONFIG_SOURCE_MAP_H_
#define WARDEN_AUTHZ_CONFIG_SOURCE_MAP_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace warden {

struct YamlNode;

// Field paths name fields and map keys joined by dots, and list items by their index from 0:
// `bindings[2].claim.values[0]`. A key with other characters than letters, digits, `_` and `-`
// stands in brackets and quotes: `roles["order.reader"].permissions`.
std::string ChildPath(std::string_view path, std::string_view key);
std::string ItemPath(std::string_view path, size_t index);

// Filled by LoadYaml. Cheap to copy; immutable and thread-safe afterwards.
class SourceMap {
 public:
  SourceMap() = default;
  SourceMap(std::string file_name, std::shared_ptr<const YamlNode> root);

  // "policy.yaml:12:3" (lines and columns count from 1) of the field, or, where it is not in the
  // file, of the nearest field around it that is.
  std::string Place(std::string_view field_path) const;

  const std::string& file_name() const { return file_name_; }

 private:
  std::string file_name_;
  std::shared_ptr<const YamlNode> root_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_SOURCE_MAP_H_
