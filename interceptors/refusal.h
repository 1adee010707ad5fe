// A refusal as the stages make it, and as the client is told of it.
#ifndef WARDEN_INTERCEPTORS_REFUSAL_H_
#define WARDEN_INTERCEPTORS_REFUSAL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/policy/step_up.h"
#include "google/rpc/status.pb.h"
#include "interceptors/reason.h"
#include "interceptors/rules/program.h"

namespace warden {

// What a stage says when it refuses. `detail` is for the operator alone and holds no secret; the
// rest reaches the client as far as its reason's row allows.
struct Refusal {
  Reason reason = Reason::kInternal;
  std::string detail;
  // Of limits and blocks: when a new attempt can succeed (infinite: never), and whose quota it was
  // ("principal").
  absl::Duration retry_after = absl::ZeroDuration();
  std::string quota;
  // kRequestInvalid, kFieldNotWritable: what is wrong with the message.
  std::vector<Violation> violations;
  // kStepUpRequired: what is asked for.
  std::shared_ptr<const StepUpRule> step_up;
};

// The error that the client sees: the reason's constant text with ErrorInfo (domain "warden"), and
// RetryInfo with QuotaFailure, or BadRequest (violation_details.h), or the challenge in ErrorInfo's
// metadata, where they apply. https://google.aip.dev/193.
// Thread-safe.
google::rpc::Status PublicStatus(const Refusal& refusal);

// The same, serialized. Refusals come in floods, so what is constant of each reason is serialized
// once and copied.
std::string SerializedPublicStatus(const Refusal& refusal);

// What can be said of it where a stream is cancelled, which takes a code and a text, but no
// details: the constant text, and the fields and rules of the first violations. At most
// kMaxStreamText bytes, printable ASCII.
inline constexpr size_t kMaxStreamText = 512;
std::string StreamText(const Refusal& refusal);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REFUSAL_H_
