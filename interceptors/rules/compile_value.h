// Compiles the rules of one value: a singular field, the items of a list, the keys or values of a
// map.
#ifndef WARDEN_INTERCEPTORS_RULES_COMPILE_VALUE_H_
#define WARDEN_INTERCEPTORS_RULES_COMPILE_VALUE_H_

#include <string>
#include <string_view>
#include <vector>

#include "interceptors/rules/evaluate.h"
#include "interceptors/rules/plan.h"
#include "interceptors/rules/rule_source.h"
#include "interceptors/rules/rule_view.h"

namespace warden::rules {

// Which member of FieldRules fits one value of `field`: "int32", "string", "timestamp"... "" for a
// message that is none of the well-known ones. Lists and maps are told by the caller.
std::string_view KindOf(const google::protobuf::FieldDescriptor& field);

// "a field of type int32", for problems.
std::string TypeInWords(const google::protobuf::FieldDescriptor& field);

// The plan of one value of `field`, without rules.
ValuePlan PlanWithoutRules(const google::protobuf::FieldDescriptor& field);

// Reads `ignore` into the two flags.
void CompileIgnore(RuleView& rules, const Site& site, bool* skip_zero, bool* skip);

// Appends checks, texts and constants to a program. One builder is used for one value.
class ValueBuilder {
 public:
  // `kind` as KindOf gives it. The plan is completed by the functions below.
  // `path` is where the rules stand: "repeated.items.string".
  ValueBuilder(ProgramData* data, const google::protobuf::FieldDescriptor& field,
               std::string_view kind, std::string path, const Site& site, ValuePlan* plan);

  ProgramData& data() { return *data_; }
  const google::protobuf::FieldDescriptor& field() const { return field_; }
  const Site& site() const { return site_; }
  ValuePlan& plan() { return *plan_; }

  // The index of the text for rule `name` of this kind ("min_len" becomes "string.min_len").
  uint32_t AddText(std::string_view name, std::string message);
  Check& AddCheck(Op op, std::string_view name, std::string message);
  // Adds to the text that was added last.
  void AddConstant(std::string_view name, std::string shown);

  // Reports contradictions: a `const` that breaks another rule, an `in` of which nothing is left,
  // and with `only_value` the one value that is short enough. Call when all checks are added.
  void CheckConstants(const std::vector<Value>& constants, const std::vector<Value>& in);
  void CheckOnlyValue(const Value& value, std::string_view why);

 private:
  // The id of the first rule that `value` breaks, leaving out checks of the op `except`; "" if
  // none.
  std::string FirstBroken(const Value& value, std::string_view except) const;

  ProgramData* data_;
  const google::protobuf::FieldDescriptor& field_;
  std::string kind_;
  std::string path_;
  const Site& site_;
  ValuePlan* plan_;
};

// The families of kinds. Each reads all the rules of its kind from `rules`.
void CompileIntRules(RuleView& rules, ValueBuilder& out);     // int32, sint64, bool, enum...
void CompileUintRules(RuleView& rules, ValueBuilder& out);    // uint32, fixed64...
void CompileDoubleRules(RuleView& rules, ValueBuilder& out);  // float, double
void CompileTimeRules(RuleView& rules, ValueBuilder& out);    // duration, timestamp
void CompileStringRules(RuleView& rules, ValueBuilder& out);
void CompileBytesRules(RuleView& rules, ValueBuilder& out);
void CompileAnyRules(RuleView& rules, ValueBuilder& out);
void CompileFieldMaskRules(RuleView& rules, ValueBuilder& out);

// Compiles `rules`, a FieldRules message of either dialect that `source` has, for one value of
// `field`; `path` is where they stand ("repeated.items"). `sensitive`: the value is not to be
// shown. Problems go to `site`.
void CompileValue(const google::protobuf::Message& rules, RuleSource& source, std::string_view path,
                  const google::protobuf::FieldDescriptor& field, bool sensitive, const Site& site,
                  ProgramData* data, ValuePlan* plan);

// The same for its conditions and for the member that fits `field`, read from the view of a
// FieldRules that the caller reads the rest of.
void CompileKind(RuleView& rules, RuleSource& source,
                 const google::protobuf::FieldDescriptor& field, bool sensitive, const Site& site,
                 ProgramData* data, ValuePlan* plan);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_COMPILE_VALUE_H_
