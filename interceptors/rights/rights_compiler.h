// Reads the annotations of a message type and of all that it can contain.
#ifndef WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_COMPILER_H_
#define WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_COMPILER_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "interceptors/rights/field_rights.h"
#include "interceptors/rights/rights_plan.h"

namespace warden::rights {

// For one plan, on one thread.
class RightsCompiler {
 public:
  RightsCompiler(FieldRights::Direction direction, std::vector<Problem>* problems)
      : direction_(direction), problems_(problems) {}

  // Null where there is nothing to look at.
  std::unique_ptr<const Plan> Compile(const google::protobuf::Descriptor& root);

 private:
  using Descriptor = google::protobuf::Descriptor;
  using FieldDescriptor = google::protobuf::FieldDescriptor;

  // A type that can be reached.
  struct Node {
    std::vector<const FieldDescriptor*> fields;  // its own, and extensions of it
    std::vector<const Descriptor*> above;        // types that have it in a field
    bool relevant = false;                       // it has rights, or has them inside
  };

  bool HasRight(const FieldDescriptor& field) const;
  void Reach(const Descriptor& type);
  void Visit(const Descriptor& type, std::vector<const Descriptor*>* next);
  bool OpenAny();
  void MarkAbove();
  void CheckField(const FieldDescriptor& field);
  MessagePlan MakePlan(const Descriptor& type);

  const FieldRights::Direction direction_;
  std::vector<Problem>* const problems_;
  absl::flat_hash_map<const Descriptor*, Node> nodes_;
  std::vector<const Descriptor*> order_;  // in which types were reached
  absl::flat_hash_map<const Descriptor*, uint32_t> indices_;
  std::unique_ptr<Plan> plan_ = std::make_unique<Plan>();
};

}  // namespace warden::rights

#endif  // WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_COMPILER_H_
