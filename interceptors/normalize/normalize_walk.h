// Walks one message by a normaliser's plan: first without touching it, then to change it.
#ifndef WARDEN_INTERCEPTORS_NORMALIZE_NORMALIZE_WALK_H_
#define WARDEN_INTERCEPTORS_NORMALIZE_NORMALIZE_WALK_H_

#include <google/protobuf/message.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/normalize/normalizer.h"
#include "interceptors/rules/field_path.h"

namespace warden::normalize {

// For one message, on one thread.
class Walk {
 public:
  enum class Found { kNothing, kDifferent, kImpossible };

  Walk(const std::vector<MessagePlan>& plans, size_t max_violations, std::vector<Violation>* out)
      : plans_(plans), left_(max_violations < 1 ? 1 : max_violations), out_(out) {}

  // Whether there is anything to change. kImpossible: violations were appended.
  Found Look(const google::protobuf::Message& message);
  // REQUIRES: Look did not find it impossible.
  void Change(google::protobuf::Message* message) { ChangeIn(plans_.front(), message); }

 private:
  using Message = google::protobuf::Message;

  void LookIn(const MessagePlan& plan, const Message& message, const rules::PathStep* above,
              int depth);
  void LookAtField(const FieldPlan& plan, const Message& message, rules::PathStep* step, int depth);
  void LookAtMessage(const FieldPlan& plan, const Message& message, const rules::PathStep* step,
                     int depth);
  void LookAtText(const FieldPlan& plan, std::string_view text, const rules::PathStep* step);
  void Report(const rules::PathStep* step, const char* message);
  void ChangeIn(const MessagePlan& plan, Message* message);
  void ChangeField(const FieldPlan& plan, Message* message);
  void ChangeMessage(const FieldPlan& plan, Message* message);

  const std::vector<MessagePlan>& plans_;
  size_t left_;
  std::vector<Violation>* const out_;
  bool different_ = false;
  bool impossible_ = false;
  std::string scratch_;
};

}  // namespace warden::normalize

#endif  // WARDEN_INTERCEPTORS_NORMALIZE_NORMALIZE_WALK_H_
