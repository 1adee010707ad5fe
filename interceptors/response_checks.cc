#include "interceptors/response_checks.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <utility>

#include "interceptors/config.h"
#include "interceptors/guard_builder.h"
#include "interceptors/guarded_method.h"
#include "interceptors/rule_compiler.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using Action = ResponseChecks::Action;
using v1::ResponsePolicy;

// What is written nearest to the method, field by field.
ResponsePolicy PolicyOf(const google::protobuf::MethodDescriptor& method) {
  ResponsePolicy policy;
  // Merging overwrites what the other has set, and no field can be set to its zero value.
  policy.MergeFrom(method.file()->options().GetExtension(v1::file_response));
  policy.MergeFrom(method.service()->options().GetExtension(v1::service_response));
  policy.MergeFrom(method.options().GetExtension(v1::response));
  return policy;
}

Action ActionOf(ResponsePolicy::Action own, ResponsePolicy::Action configured) {
  switch (own == ResponsePolicy::ACTION_UNSPECIFIED ? configured : own) {
    case ResponsePolicy::DETECT:
      return Action::kDetect;
    case ResponsePolicy::BLOCK:
      return Action::kBlock;
    default:
      return Action::kIgnore;
  }
}

}  // namespace

void ResolveResponses(const LoadedConfig& config, const std::vector<ServedMethod>& served,
                      std::deque<GuardedMethod>* methods, ProblemList* problems) {
  const v1::OutputConfig& output = config.config.output();
  RuleCompiler rules("field rules of a response", problems);
  for (size_t i = 0; i < methods->size(); ++i) {
    GuardedMethod& method = (*methods)[i];
    if (method.descriptor == nullptr) continue;  // has been complained about
    const ResponsePolicy policy = PolicyOf(*method.descriptor);
    ResponseChecks& checks = method.response;
    checks.hide_errors = policy.hide_errors() == ResponsePolicy::TOGGLE_UNSPECIFIED
                             ? !output.insecure_show_errors()
                             : policy.hide_errors() == ResponsePolicy::ON;
    checks.max_bytes = policy.max_bytes() == 0 ? output.max_response_bytes() : policy.max_bytes();
    checks.on_leak = ActionOf(policy.leaks(), output.leaks());
    checks.on_invalid = ActionOf(policy.rules(), output.rules());
    checks.raw = !served[i].parses_messages;
    if (checks.on_invalid == Action::kIgnore) continue;
    checks.rules = rules.ForType(*method.descriptor->output_type());
  }
}

}  // namespace warden
