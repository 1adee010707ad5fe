#include "authz/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/yaml_text.h"

namespace warden {
namespace {

// Thrown by the handler to leave yaml-cpp's parser; the problem was reported.
struct StopParsing {};

YamlMark MarkOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

// Builds the tree from the parser's events, so that depth and size are bounded before anything is
// built and an alias is never expanded.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view file_name, const YamlBounds& bounds, ProblemList* problems)
      : file_name_(file_name), bounds_(bounds), problems_(problems) {}

  std::unique_ptr<YamlNode> TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_ == nullptr) return;
    Report(mark, "a second document begins; a file holds exactly one");
    throw StopParsing();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Place(mark, YamlNode::Kind::kNull);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Report(mark, "aliases (`*name`) are not allowed; write the value out");
    Place(mark, YamlNode::Kind::kRefused);
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    Report(mark, absl::StrCat("anchors (", Quoted("&" + name), ") are not allowed; remove it"));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    CheckTag(mark, tag);
    if (ExpectsKey()) {
      AddKey(mark, value);
      return;
    }
    YamlNode* node = Place(mark, YamlNode::Kind::kScalar);
    node->quoted = tag != "?";  // yaml-cpp gives plain scalars the tag "?" and quoted ones "!"
    node->text = value;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(mark, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(mark, YamlNode::Kind::kMapping);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  void Report(const YAML::Mark& mark, std::string message) {
    problems_->Add(PlaceText(file_name_, MarkOf(mark)), std::move(message));
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    Report(mark, absl::StrCat("tags (", Quoted(tag), ") are not allowed; remove it"));
  }

  bool ExpectsKey() const {
    return !open_.empty() && open_.back()->kind == YamlNode::Kind::kMapping &&
           open_.back()->keys.size() == open_.back()->children.size();
  }

  void AddKey(const YAML::Mark& mark, const std::string& text) {
    if (text.size() > bounds_.max_key_bytes) {
      Report(mark, absl::StrCat("the key ", Quoted(text), " is longer than ", bounds_.max_key_bytes,
                                " bytes"));
      throw StopParsing();
    }
    open_.back()->keys.push_back({text, MarkOf(mark)});
  }

  // Pointers in open_ stay valid: only the innermost open node grows, and it is the last of its
  // parent's children.
  YamlNode* Place(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (ExpectsKey()) {
      Report(mark, "a key must be plain or quoted text");
      throw StopParsing();
    }
    if (++values_ > bounds_.max_values) {
      Report(mark, absl::StrCat("the file has more than ", bounds_.max_values, " values"));
      throw StopParsing();
    }
    YamlNode* node = nullptr;
    if (open_.empty()) {
      root_ = std::make_unique<YamlNode>();
      node = root_.get();
    } else {
      node = &open_.back()->children.emplace_back();
    }
    node->kind = kind;
    node->mark = MarkOf(mark);
    return node;
  }

  void Open(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode* node = Place(mark, kind);
    if (open_.size() >= static_cast<size_t>(bounds_.max_depth)) {
      Report(mark, absl::StrCat("lists and mappings are nested deeper than ", bounds_.max_depth));
      throw StopParsing();
    }
    open_.push_back(node);
  }

  const std::string_view file_name_;
  const YamlBounds bounds_;
  ProblemList* const problems_;
  std::unique_ptr<YamlNode> root_;
  std::vector<YamlNode*> open_;
  size_t values_ = 0;
};

}  // namespace

std::string PlaceText(std::string_view file_name, YamlMark mark) {
  std::string place(file_name);
  if (mark.line > 0) absl::StrAppend(&place, ":", mark.line, ":", mark.column);
  return place;
}

std::unique_ptr<YamlNode> ParseYamlTree(std::string_view text, std::string_view file_name,
                                        const YamlBounds& bounds, ProblemList* problems) {
  if (text.size() > bounds.max_bytes) {
    problems->Add(std::string(file_name),
                  absl::StrCat("the file has more than ", bounds.max_bytes, " bytes"));
    return nullptr;
  }
  if (!CheckYamlText(text, file_name, problems)) return nullptr;
  TreeBuilder builder(file_name, bounds, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopParsing&) {
    return nullptr;
  } catch (const YAML::Exception& error) {
    problems->Add(PlaceText(file_name, MarkOf(error.mark)),
                  absl::StrCat("not well-formed YAML: ", error.msg));
    return nullptr;
  } catch (const std::exception& error) {
    problems->Add(std::string(file_name), absl::StrCat("cannot be parsed as YAML: ", error.what()));
    return nullptr;
  }
  std::unique_ptr<YamlNode> root = builder.TakeRoot();
  if (root == nullptr || root->kind == YamlNode::Kind::kNull) {
    problems->Add(std::string(file_name), "the file is empty; write `{}` if that is meant");
    return nullptr;
  }
  return root;
}

}  // namespace warden
