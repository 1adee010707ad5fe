// Walks one message by a program and collects what is wrong with it.
#ifndef WARDEN_INTERCEPTORS_RULES_CHECKER_H_
#define WARDEN_INTERCEPTORS_RULES_CHECKER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "interceptors/rules/cel_rule.h"
#include "interceptors/rules/evaluate.h"
#include "interceptors/rules/field_path.h"
#include "interceptors/rules/program.h"

namespace warden::rules {

// For one message, on one thread.
class Checker {
 public:
  Checker(const ProgramData& data, const Moment& moment, size_t max_violations,
          std::vector<Violation>* out)
      : data_(data),
        moment_(moment),
        left_(max_violations),
        observed_left_(max_violations),
        out_(out) {}

  // Appends to *out; true if nothing was appended but what is observed. REQUIRES: the message is of
  // data.messages.front().type.
  bool Check(const google::protobuf::Message& message);

 private:
  void CheckMessage(const MessagePlan& plan, const google::protobuf::Message& message,
                    const PathStep* above, int depth);
  void CheckField(const FieldPlan& plan, const google::protobuf::Message& message,
                  const google::protobuf::Reflection& reflection, const PathStep* above, int depth);
  void CheckList(const FieldPlan& plan, const google::protobuf::Message& message,
                 const google::protobuf::Reflection& reflection, PathStep* step, int depth);
  void CheckMap(const FieldPlan& plan, const google::protobuf::Message& message, PathStep* step,
                int depth);
  // False if the rest of the field is not to be looked at.
  bool CheckWhole(const FieldPlan& plan, const google::protobuf::Message& message, size_t size,
                  const PathStep* step);
  void CheckCel(CelRange range, const CelSubject& subject, const PathStep* step);
  void CheckValue(const ValuePlan& plan, const Value& value, const PathStep* step, int depth);
  void CheckGroup(const FieldGroupPlan& group, const google::protobuf::Message& message,
                  const PathStep* above);
  void Report(uint32_t text, const PathStep* step);
  // With other words than the rule's.
  void Report(uint32_t text, const PathStep* step, std::string message);
  bool full() const { return left_ == 0; }

  const ProgramData& data_;
  const Moment& moment_;
  size_t left_;
  size_t observed_left_;
  std::vector<Violation>* out_;
  bool valid_ = true;
};

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_CHECKER_H_
