// Walks one message by a plan of field rights, for one caller.
#ifndef WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_WALK_H_
#define WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_WALK_H_

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "authz/principal.h"
#include "interceptors/rights/rights_plan.h"
#include "interceptors/rules/field_path.h"
#include "interceptors/rules/program.h"

namespace warden::rights {

// How deep a walk is: in messages, and in Anys within Anys. A walk into an Any costs parsing it.
struct Depth {
  int messages = 0;
  int anys = 0;
};

// For one message, on one thread.
class RightsWalk {
 public:
  RightsWalk(const Plan& plan, const Principal& caller)
      : plan_(plan), caller_(caller), has_(plan.rights.size(), kUnasked) {}

  // Appends to *out while it is below `max`.
  void FindUnwritable(const google::protobuf::Message& message, size_t max,
                      std::vector<Violation>* out);
  bool Hides(const google::protobuf::Message& message) {
    return HidesIn(plan_.messages.front(), message, {});
  }
  void Clear(google::protobuf::Message* message) { ClearIn(plan_.messages.front(), message, {}); }

 private:
  using Message = google::protobuf::Message;
  static constexpr int8_t kUnasked = -1;

  // What an Any holds, where it can be looked at.
  struct Content {
    bool readable = false;             // false: unknown, malformed or too deep
    std::unique_ptr<Message> message;  // null where it has no rights
    const MessagePlan* plan = nullptr;
  };

  bool Has(uint32_t right);
  bool Denied(const FieldStep& step) { return step.right != kNone && !Has(step.right); }
  Content Open(const Message& any, Depth depth) const;

  void WriteIn(const MessagePlan& plan, const Message& message, const rules::PathStep* above,
               Depth depth);
  void WriteAny(const Message& any, const rules::PathStep* above, Depth depth);
  void WriteField(const FieldStep& step, const Message& message, const rules::PathStep* above,
                  Depth depth);
  void Report(const rules::PathStep* step, const char* message);
  bool full() const { return out_->size() >= max_; }

  bool HidesIn(const MessagePlan& plan, const Message& message, Depth depth);
  bool HidesBelow(const FieldStep& step, const Message& message, Depth depth);
  bool HidesAny(const Message& any, Depth depth);
  void ClearIn(const MessagePlan& plan, Message* message, Depth depth);
  void ClearBelow(const FieldStep& step, Message* message, Depth depth);
  void ClearAny(Message* any, Depth depth);

  const Plan& plan_;
  const Principal& caller_;
  absl::InlinedVector<int8_t, 16> has_;  // by right
  size_t max_ = 0;
  std::vector<Violation>* out_ = nullptr;
};

}  // namespace warden::rights

#endif  // WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_WALK_H_
