// Which callers may set and see which fields: `(warden.v1.writable_by)` and
// `(warden.v1.readable_by)`, compiled from a message type's descriptor into a flat plan.
// docs/field-rights.md describes what counts as set, and what is cleared.
#ifndef WARDEN_INTERCEPTORS_RIGHTS_FIELD_RIGHTS_H_
#define WARDEN_INTERCEPTORS_RIGHTS_FIELD_RIGHTS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "authz/config/problem.h"
#include "interceptors/rules/program.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace warden {

class Policy;
class Principal;

namespace rights {
struct Plan;
}  // namespace rights

// Immutable and thread-safe. For generated types: what a google.protobuf.Any holds is looked up
// among those that are linked in.
class FieldRights {
 public:
  enum class Direction { kWrite, kRead };

  // Messages and Anys nested deeper than this may not be set, and are cleared, where rights could
  // be that deep.
  static constexpr int kMaxDepth = 100;
  static constexpr int kMaxAnyDepth = 8;

  // Null where neither `type` nor anything below it names a permission for the direction; types
  // that contain themselves are fine. Adds what is wrong with the annotations to *problems.
  static std::shared_ptr<const FieldRights> Compile(const google::protobuf::Descriptor& type,
                                                    Direction direction,
                                                    std::vector<Problem>* problems);

  ~FieldRights();
  FieldRights(const FieldRights&) = delete;
  FieldRights& operator=(const FieldRights&) = delete;

  // A problem for each permission that no role of the policy gives: nobody could ever set or see
  // the field.
  std::vector<Problem> UnknownPermissions(const Policy& policy) const;

  // That the annotations name, as often as they do.
  std::vector<std::string> permissions() const;

  // For what callers send. True if the caller has one of the named permissions for every field that
  // is set; otherwise appends at least one and at most `max_violations` (at least 1) to *out, of
  // the rule "writable_by". REQUIRES (of all three): the message is of the compiled type.
  bool MaySet(const google::protobuf::Message& message, const Principal& caller,
              size_t max_violations, std::vector<Violation>* out) const;

  // For what callers are sent. Whether there is anything in the message that the caller may not
  // see; Clear takes it out. Neither changes what Hides says of others.
  bool Hides(const google::protobuf::Message& message, const Principal& caller) const;
  void Clear(google::protobuf::Message* message, const Principal& caller) const;

 private:
  explicit FieldRights(std::unique_ptr<const rights::Plan> plan);

  const std::unique_ptr<const rights::Plan> plan_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_RIGHTS_FIELD_RIGHTS_H_
