// Field rules of the types of many methods, each compiled once.
#ifndef WARDEN_INTERCEPTORS_RULE_COMPILER_H_
#define WARDEN_INTERCEPTORS_RULE_COMPILER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "authz/config/problem.h"
#include "google/protobuf/descriptor.h"
#include "interceptors/problem_lines.h"
#include "interceptors/rules/program.h"

namespace warden {

// Not thread-safe; for start-up.
class RuleCompiler {
 public:
  // What is wrong is added to `problems`, at `place`.
  RuleCompiler(std::string place, ProblemList* problems)
      : place_(std::move(place)), problems_(problems) {}

  // Null where the type has no rules, or they cannot be compiled.
  std::shared_ptr<const Program> ForType(const google::protobuf::Descriptor& type) {
    const auto [entry, added] = programs_.try_emplace(&type);
    if (!added) return entry->second;
    absl::StatusOr<std::shared_ptr<const Program>> program = Program::Compile(type);
    if (!program.ok()) {
      AddLines(place_, program.status(), problems_);
    } else if (!(*program)->empty()) {
      entry->second = *std::move(program);
    }
    return entry->second;
  }

 private:
  const std::string place_;
  ProblemList* const problems_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::shared_ptr<const Program>>
      programs_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_RULE_COMPILER_H_
