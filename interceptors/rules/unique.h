// Whether the items of a list all differ.
#ifndef WARDEN_INTERCEPTORS_RULES_UNIQUE_H_
#define WARDEN_INTERCEPTORS_RULES_UNIQUE_H_

#include "interceptors/rules/plan.h"

namespace warden::rules {

// True if no two items of `field`, a list of scalars, enums, strings or bytes, are equal. -0 equals
// 0; NaN equals nothing. Expected linear time; hashes are keyed with a secret of the process, so
// that a client cannot choose items that collide. Lists of more than 128 items use a table that
// belongs to the thread.
bool ItemsAreUnique(const google::protobuf::Message& message,
                    const google::protobuf::FieldDescriptor& field, const ValuePlan& plan,
                    int size);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_UNIQUE_H_
