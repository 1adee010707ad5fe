// Compiles the conditions of rules: `cel` and `cel_expression`, and what predefined rules stand
// for.
#ifndef WARDEN_INTERCEPTORS_RULES_COMPILE_CEL_H_
#define WARDEN_INTERCEPTORS_RULES_COMPILE_CEL_H_

#include <string>

#include "authz/condition/type.h"
#include "interceptors/rules/plan.h"
#include "interceptors/rules/rule_source.h"
#include "interceptors/rules/rule_view.h"

namespace warden::rules {

// What `this` is where rules stand.
struct CelTarget {
  condition::Type type;
  CelThis kind = CelThis::kMessage;
  // Names of enums are looked up from here outwards.
  const google::protobuf::Descriptor* scope = nullptr;
  // The value, or something in it, is marked `(warden.v1.sensitive)`: no text that is made of it
  // may be shown.
  bool sensitive = false;
  bool of_field = true;  // the rules stand in a FieldRules
};

CelTarget TargetOfMessage(const google::protobuf::Descriptor& type);
// One value: a singular field, an item, a key, a map's value. `sensitive`: the field is.
CelTarget TargetOfValue(const google::protobuf::FieldDescriptor& field, bool sensitive);
// A list or map as a whole.
CelTarget TargetOfContainer(const google::protobuf::FieldDescriptor& field, bool sensitive);

// Appends conditions to data.cel. One builder is used for one target, between nothing else that
// appends.
class CelBuilder {
 public:
  CelBuilder(ProgramData* data, const Site& site, CelTarget target);

  // `cel` and `cel_expression` of a FieldRules or MessageRules.
  void AddRules(RuleView& rules);
  // The rules that are set, that nothing has read, and that say in their own options what they
  // mean (`(buf.validate.predefined)`).
  void AddPredefined(RuleView& rules, RuleSource& source);

  CelRange range() const;

 private:
  struct Condition {
    std::string id, message, expression, path;
    std::string place;  // for problems
  };
  struct Predefined {
    const google::protobuf::Message& rules;
    const google::protobuf::FieldDescriptor& rule;
  };
  // Reads a Rule message of either dialect.
  Condition Read(const google::protobuf::Message& rule, const std::string& path) const;
  void Add(const Condition& condition, const Predefined* predefined);
  condition::Environment MakeEnvironment(const Predefined* predefined);
  // False, with a problem, if it is no condition.
  bool Compile(const Condition& condition, const condition::Environment& environment,
               CelRule* rule) const;

  ProgramData* data_;
  const Site& site_;
  CelTarget target_;
  uint32_t first_;
};

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_COMPILE_CEL_H_
