// What the server would decide of one call, step by step: what `warden access explain` prints and
// `warden policy test` compares.
#ifndef WARDEN_TOOLS_WARDEN_ACCESS_DECISION_H_
#define WARDEN_TOOLS_WARDEN_ACCESS_DECISION_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/policy/policy.h"
#include "warden/v1/policy_test.pb.h"

namespace warden::cli {

struct Question {
  std::shared_ptr<const Policy> policy;
  const google::protobuf::MethodDescriptor* method = nullptr;
  v1::PolicyTestCaller caller;
  const google::protobuf::Message* request = nullptr;  // of the method's input; may be null
  absl::Time now;
};

struct Decision {
  bool allowed = false;
  std::vector<std::string> steps;  // what was looked at, in order, each with its place
  std::string because;             // what decided
};

// Asks the code that the server decides by: roles, denials, permissions, conditions. Which
// credentials a method accepts, limits and field rules are not asked. InvalidArgument with every
// problem of the annotation, or what is wrong with the caller.
absl::StatusOr<Decision> Decide(const Question& question);

std::string DecisionAsText(const Decision& decision);
std::string DecisionAsJson(const Decision& decision);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_ACCESS_DECISION_H_
