// Turns a message type and everything below it into a program's data.
#ifndef WARDEN_INTERCEPTORS_RULES_COMPILER_H_
#define WARDEN_INTERCEPTORS_RULES_COMPILER_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "interceptors/rules/compile_cel.h"
#include "interceptors/rules/plan.h"
#include "interceptors/rules/rule_source.h"
#include "interceptors/rules/rule_view.h"

namespace warden::rules {

// Used once.
class Compiler {
 public:
  explicit Compiler(std::vector<std::unique_ptr<RuleSource>> sources)
      : sources_(std::move(sources)) {}

  // The data of a program for `type`. When problems() is not empty, it is of no use.
  std::unique_ptr<const ProgramData> Compile(const google::protobuf::Descriptor& type);

  const Problems& problems() const { return problems_; }

 private:
  using FieldDescriptor = google::protobuf::FieldDescriptor;

  // The index of the plan of `type`, which is compiled sooner or later.
  uint32_t PlanOf(const google::protobuf::Descriptor& type);
  void CompileMessage(uint32_t index);
  void CompileGroups(const google::protobuf::Descriptor& type, MessagePlan* plan);
  void CompileGroup(const google::protobuf::Message& rule, const google::protobuf::Descriptor& type,
                    const Site& site, MessagePlan* plan);
  void CompileOneof(const google::protobuf::OneofDescriptor& oneof, MessagePlan* plan);
  FieldPlan CompileField(const FieldDescriptor& field, bool in_group);
  void CompileFieldRules(const FoundRules& found, const FieldDescriptor& field, bool in_group,
                         FieldPlan* plan);
  // `whole` has the conditions on the list or map itself, and gets those of predefined rules.
  void CompileList(const google::protobuf::Message& rules, RuleSource& source, const Site& site,
                   CelBuilder& whole, FieldPlan* plan);
  void CompileMap(const google::protobuf::Message& rules, RuleSource& source, const Site& site,
                  CelBuilder& whole, FieldPlan* plan);
  void CompileSize(RuleView& rules, std::string_view kind, std::string_view min,
                   std::string_view max, std::string_view noun, const Site& site, FieldPlan* plan);
  // `path` is of rules that stand in a FieldRules.
  uint32_t AddText(std::string id, std::string message, std::string path = "");
  void HideConstants(size_t first_text);
  // The rules that one of the sources has; a problem if more than one has any.
  FoundRules FindRules(
      const Site& site,
      absl::FunctionRef<absl::StatusOr<const google::protobuf::Message*>(RuleSource&)> find);
  // Leaves out what has nothing to check.
  void Prune();

  std::vector<std::unique_ptr<RuleSource>> sources_;
  std::unique_ptr<ProgramData> data_ = std::make_unique<ProgramData>();
  absl::flat_hash_map<const google::protobuf::Descriptor*, uint32_t> plans_;
  Problems problems_;
};

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_COMPILER_H_
