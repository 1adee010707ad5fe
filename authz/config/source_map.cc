#include "authz/config/source_map.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_tree.h"

namespace warden {
namespace {

bool IsPlainKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

std::string BracketedKey(std::string_view key) {
  return absl::StrCat("[\"", absl::Utf8SafeCEscape(absl::string_view(key.data(), key.size())),
                      "\"]");
}

// Takes the first step off `*path` if it leads from `node` to a child: that child's index.
std::optional<size_t> TakeKey(const YamlNode& node, std::string_view* path) {
  std::string_view key;
  std::string_view rest;
  if (path->front() == '[') {
    const size_t end = path->find("\"]");
    if (end == std::string_view::npos) return std::nullopt;
    key = path->substr(0, end + 2);
    rest = path->substr(end + 2);
  } else {
    const size_t end = std::min(path->find_first_of(".["), path->size());
    key = path->substr(0, end);
    rest = path->substr(end);
  }
  const bool bracketed = key.front() == '[';
  for (size_t i = 0; i < std::min(node.keys.size(), node.children.size()); ++i) {
    const std::string& text = node.keys[i].text;
    if (bracketed ? (!IsPlainKey(text) && BracketedKey(text) == key) : text == key) {
      *path = rest;
      return i;
    }
  }
  return std::nullopt;
}

std::optional<size_t> TakeIndex(const YamlNode& node, std::string_view* path) {
  if (path->front() != '[') return std::nullopt;
  size_t index = 0;
  const char* const end = path->data() + path->size();
  const auto [stop, error] = std::from_chars(path->data() + 1, end, index);
  if (error != std::errc() || stop == end || *stop != ']' || index >= node.children.size()) {
    return std::nullopt;
  }
  path->remove_prefix(static_cast<size_t>(stop - path->data()) + 1);
  return index;
}

}  // namespace

std::string ChildPath(std::string_view path, std::string_view key) {
  std::string child(path);
  if (!IsPlainKey(key)) {
    child += BracketedKey(key);
    return child;
  }
  if (!child.empty()) child += '.';
  child += key;
  return child;
}

std::string ItemPath(std::string_view path, size_t index) {
  std::string item(path);
  absl::StrAppend(&item, "[", index, "]");
  return item;
}

SourceMap::SourceMap(std::string file_name, std::shared_ptr<const YamlNode> root)
    : file_name_(std::move(file_name)), root_(std::move(root)) {}

std::string SourceMap::Place(std::string_view field_path) const {
  if (root_ == nullptr) return file_name_;
  const YamlNode* node = root_.get();
  YamlMark mark = node->mark;
  while (!field_path.empty()) {
    if (field_path.front() == '.') field_path.remove_prefix(1);
    if (field_path.empty()) break;
    const bool list = node->kind == YamlNode::Kind::kList;
    const std::optional<size_t> child =
        list ? TakeIndex(*node, &field_path) : TakeKey(*node, &field_path);
    if (!child) break;
    // A field stands where its key does.
    mark = list ? node->children[*child].mark : node->keys[*child].mark;
    node = &node->children[*child];
  }
  return PlaceText(file_name_, mark);
}

}  // namespace warden
