// A parsed YAML document with the place of everything in it. Internal to authz/config.
#ifndef WARDEN_AUTHZ_CONFIG_YAML_TREE_H_
#define WARDEN_AUTHZ_CONFIG_YAML_TREE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"

namespace warden {

struct YamlMark {  // both count from 1; 0 where unknown
  int line = 0;
  int column = 0;
};

struct YamlKey {
  std::string text;
  YamlMark mark;
};

struct YamlNode {
  enum class Kind {
    kNull,
    kScalar,
    kList,
    kMapping,
    kRefused  // already reported; nothing more to say about it
  };
  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes or as a block
  YamlMark mark;
  std::string text;           // of a scalar
  std::vector<YamlKey> keys;  // of a mapping: as many as there are children
  std::vector<YamlNode> children;
};

// "file:line:col", or what is known of it.
std::string PlaceText(std::string_view file_name, YamlMark mark);

// Parses one document of at most bounds.max_bytes. Adds every problem that is found before the
// parser must stop. Null if it had to stop; a tree with kRefused nodes if there are problems but
// the rest can still be looked at. Never throws.
std::unique_ptr<YamlNode> ParseYamlTree(std::string_view text, std::string_view file_name,
                                        const YamlBounds& bounds, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_YAML_TREE_H_
