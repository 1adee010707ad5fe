#include "interceptors/guard_builder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "authz/policy/access.h"
#include "authz/policy/access_condition.h"
#include "interceptors/abuse/failure_kind.h"
#include "interceptors/guard_limits.h"
#include "interceptors/normalize/normalizer.h"
#include "interceptors/problem_lines.h"
#include "interceptors/rights/field_rights.h"
#include "interceptors/rule_compiler.h"
#include "interceptors/rules/program.h"

namespace warden {
namespace {

const google::protobuf::MethodDescriptor* FindDescriptor(std::string_view name) {
  // "/pkg.Service/Method" is "pkg.Service.Method" to the pool.
  std::string full_name(name.substr(1));
  std::replace(full_name.begin(), full_name.end(), '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(full_name);
}

void ReadFailures(GuardedMethod* method, ProblemList* problems) {
  const absl::StatusOr<uint32_t> codes = ResolveFailureCodes(*method->descriptor);
  if (codes.ok()) {
    method->failure_codes = *codes;
  } else {
    AddLines(PlaceOf(*method->descriptor), codes.status(), problems);
  }
}

void ReadAccess(GuardedMethod* method, ProblemList* problems) {
  for (const Problem& problem : FindAccessProblems(*method->descriptor, &method->access)) {
    problems->Add(problem.place, problem.message);
    method->access = {};  // allows nobody
  }
  if (method->access.step_up.has_value()) method->step_up = MakeStepUpRule(*method->access.step_up);
}

// The forms of strings, likewise.
class FormCompiler {
 public:
  explicit FormCompiler(ProblemList* problems) : problems_(problems) {}

  std::shared_ptr<const Normalizer> ForType(const google::protobuf::Descriptor& type) {
    const auto [entry, added] = normalizers_.try_emplace(&type);
    if (!added) return entry->second;
    std::vector<std::string> found;
    entry->second = Normalizer::Compile(type, &found);
    for (const std::string& problem : found) {
      if (reported_.insert(problem).second) problems_->Add("field rules", problem);
    }
    return entry->second;
  }

 private:
  ProblemList* const problems_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::shared_ptr<const Normalizer>>
      normalizers_;
  absl::flat_hash_set<std::string> reported_;
};

// Field rights, likewise.
class RightsCompiler {
 public:
  explicit RightsCompiler(ProblemList* problems) : problems_(problems) {}

  std::shared_ptr<const FieldRights> ForType(const google::protobuf::Descriptor& type,
                                             FieldRights::Direction direction) {
    const auto [entry, added] = rights_.try_emplace({&type, direction});
    if (!added) return entry->second;
    std::vector<Problem> found;
    entry->second = FieldRights::Compile(type, direction, &found);
    for (const Problem& problem : found) {
      // Several requests and responses can contain the same message.
      if (!reported_.insert(ToString(problem)).second) continue;
      problems_->Add(problem.place, problem.message);
    }
    return entry->second;
  }

 private:
  using Key = std::pair<const google::protobuf::Descriptor*, FieldRights::Direction>;
  ProblemList* const problems_;
  absl::flat_hash_map<Key, std::shared_ptr<const FieldRights>> rights_;
  absl::flat_hash_set<std::string> reported_;
};

void CompileMessages(const ServedMethod& served, RuleCompiler* rules, FormCompiler* forms,
                     RightsCompiler* rights, GuardedMethod* method, ProblemList* problems) {
  const google::protobuf::Descriptor& request = *method->descriptor->input_type();
  const google::protobuf::Descriptor& response = *method->descriptor->output_type();
  method->request_rules = rules->ForType(request);
  method->normalizer = forms->ForType(request);
  method->writable = rights->ForType(request, FieldRights::Direction::kWrite);
  method->readable = rights->ForType(response, FieldRights::Direction::kRead);
  if (served.parses_messages) return;
  const auto report = [&](std::string_view side, const google::protobuf::Descriptor& type,
                          std::string_view what) {
    problems->Add(PlaceOf(*method->descriptor),
                  absl::StrCat("method ", served.name, ": its ", std::string(side), " ",
                               type.full_name(), " has ", std::string(what),
                               ": its handler takes raw bytes, so they could not be enforced"));
  };
  if (method->request_rules != nullptr) report("request", request, "field rules");
  if (method->normalizer != nullptr) report("request", request, "`string.normalize`");
  if (method->writable != nullptr) report("request", request, "fields with `writable_by`");
  if (method->readable != nullptr) report("response", response, "fields with `readable_by`");
}

void CheckCondition(const ServedMethod& served, const GuardedMethod& method,
                    ProblemList* problems) {
  const auto& condition = method.access.condition;
  if (served.parses_messages || condition == nullptr || !condition->with_body.has_value()) return;
  problems->Add(PlaceOf(*method.descriptor),
                absl::StrCat("method ", served.name,
                             ": its `when` needs `request`, but its handler takes raw bytes"));
}

}  // namespace

std::vector<std::shared_ptr<PeerRules>> MakePeerRules(const LoadedConfig& config,
                                                      ProblemList* problems) {
  std::vector<std::shared_ptr<PeerRules>> rules;
  for (const std::string& port : PortNames(config.config)) {
    rules.push_back(PeerRules::Create(config, port, problems));
  }
  return rules;
}

std::deque<GuardedMethod> CompileMethods(const std::vector<ServedMethod>& served,
                                         ProblemList* problems) {
  std::deque<GuardedMethod> methods;
  RuleCompiler rules("field rules", problems);
  FormCompiler forms(problems);
  RightsCompiler rights(problems);
  LimitIds limit_ids;
  for (const ServedMethod& one : served) {
    GuardedMethod& method = methods.emplace_back();
    method.name = one.name;
    method.id = static_cast<uint32_t>(methods.size() - 1);
    method.streams_requests = one.streams_requests;
    method.descriptor = FindDescriptor(one.name);
    if (method.descriptor == nullptr) {
      problems->Add(one.name,
                    "the method's descriptor is not linked in, so its annotations are unknown");
      continue;
    }
    method.streams = method.descriptor->client_streaming() || method.descriptor->server_streaming();
    ReadAccess(&method, problems);
    CheckCondition(one, method, problems);
    CompileLimits(&method, &limit_ids, problems);
    ReadFailures(&method, problems);
    CompileMessages(one, &rules, &forms, &rights, &method, problems);
  }
  return methods;
}

}  // namespace warden
