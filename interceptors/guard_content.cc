// What of a Guard brings requests into their form, and notes what in them is only watched for.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "interceptors/normalize/normalizer.h"

namespace warden {

bool Guard::NormalizeRequest(const Call& call, google::protobuf::Message* request,
                             std::vector<Violation>* violations) {
  const GuardedMethod& method = *call.method;
  if (method.normalizer == nullptr) return true;
  if (method.normalizer->Apply(request, max_violations_, violations)) return true;
  for (const Violation& violation : *violations) {
    metrics_->RecordRuleViolation(method.id, violation.rule);
  }
  return false;
}

bool Guard::CheckRequest(const Call& call, const google::protobuf::Message& request, absl::Time now,
                         std::vector<Violation>* violations, std::string* observed) {
  const bool valid = call.method->request_rules->Check(request, now, max_violations_, violations);
  if (!violations->empty()) TakeObserved(call, violations, observed);
  return valid;
}

void Guard::TakeObserved(const Call& call, std::vector<Violation>* violations,
                         std::string* detail) {
  const auto first =
      std::stable_partition(violations->begin(), violations->end(),
                            [](const Violation& violation) { return !violation.observed; });
  if (first == violations->end()) return;
  const GuardedMethod& method = *call.method;
  for (auto it = first; it != violations->end(); ++it) {
    metrics_->RecordRuleViolation(method.id, it->rule);
    absl::StrAppend(detail, detail->empty() ? "" : "; ", it->field, " [", it->rule, "]");
  }
  violations->erase(first, violations->end());
}

}  // namespace warden
