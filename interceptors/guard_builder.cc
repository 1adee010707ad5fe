#include "interceptors/guard_builder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "authz/policy/access.h"
#include "authz/policy/check.h"
#include "interceptors/limits/limit_spec.h"
#include "interceptors/rules/program.h"

namespace warden {
namespace {

// A status of a part that lists its own problems, one a line.
void AddLines(std::string_view place, const absl::Status& status, ProblemList* problems) {
  for (absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
    problems->Add(std::string(place), std::string(line));
  }
}

const google::protobuf::MethodDescriptor* FindDescriptor(std::string_view name) {
  // "/pkg.Service/Method" is "pkg.Service.Method" to the pool.
  std::string full_name(name.substr(1));
  std::replace(full_name.begin(), full_name.end(), '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(full_name);
}

void CompileLimit(GuardedMethod* method, ProblemList* problems) {
  absl::StatusOr<std::optional<LimitSpec>> limit = ResolveLimit(*method->descriptor);
  if (limit.ok()) {
    method->limit = *std::move(limit);
  } else {
    AddLines(PlaceOf(*method->descriptor), limit.status(), problems);
  }
}

void CompileAccess(GuardedMethod* method, const std::shared_ptr<const Policy>& policy,
                   ProblemList* problems) {
  const google::protobuf::MethodDescriptor* const one[] = {method->descriptor};
  const std::vector<Problem> found = CheckMethods(one, policy.get());
  for (const Problem& problem : found) problems->Add(problem.place, problem.message);
  if (!found.empty() || policy == nullptr) return;
  absl::StatusOr<MethodAccess> access = ResolveAccess(*method->descriptor);
  absl::StatusOr<AccessRule> rule =
      access.ok() ? AccessRule::Compile(*access, policy) : access.status();
  if (rule.ok()) {
    method->access = *std::move(rule);
  } else {
    AddLines(PlaceOf(*method->descriptor), rule.status(), problems);
  }
}

// Rules are compiled once for each request type.
class RuleCompiler {
 public:
  explicit RuleCompiler(ProblemList* problems) : problems_(problems) {}

  std::shared_ptr<const Program> ForType(const google::protobuf::Descriptor& type) {
    const auto [entry, added] = programs_.try_emplace(&type);
    if (!added) return entry->second;
    absl::StatusOr<std::shared_ptr<const Program>> program = Program::Compile(type);
    if (!program.ok()) {
      AddLines("field rules", program.status(), problems_);
    } else if (!(*program)->empty()) {
      entry->second = *std::move(program);
    }
    return entry->second;
  }

 private:
  ProblemList* const problems_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::shared_ptr<const Program>>
      programs_;
};

void CompileRules(const ServedMethod& served, RuleCompiler* rules, GuardedMethod* method,
                  ProblemList* problems) {
  const google::protobuf::Descriptor& type = *method->descriptor->input_type();
  method->request_rules = rules->ForType(type);
  if (method->request_rules == nullptr) return;
  const char* why = nullptr;
  if (served.streams_requests) {
    why = "streamed requests cannot be checked yet; move the rules to a unary method";
  } else if (!served.parses_requests) {
    why = "its handler takes raw bytes, so they could not be checked";
  }
  if (why == nullptr) return;
  problems->Add(PlaceOf(*method->descriptor),
                absl::StrCat("method ", served.name, ": its request ",
                             std::string(type.full_name()), " has field rules: ", why));
}

}  // namespace

std::shared_ptr<const Policy> LoadPolicy(const LoadedConfig& config, ProblemList* problems) {
  absl::StatusOr<std::shared_ptr<const Policy>> policy =
      Policy::FromFile(ResolveFile(config, config.config.policy_file()));
  if (!policy.ok()) {
    AddLines("policy", policy.status(), problems);
    return nullptr;
  }
  std::vector<std::string> issuers;
  for (const v1::IssuerConfig& issuer : config.config.tokens().issuers()) {
    issuers.push_back(issuer.issuer());
  }
  // It may well be the issuer of JWTs, too.
  const std::string& asked = config.config.tokens().introspection().issuer();
  if (!asked.empty() && std::find(issuers.begin(), issuers.end(), asked) == issuers.end()) {
    issuers.push_back(asked);
  }
  if (const absl::Status status = (*policy)->CheckIssuers(issuers); !status.ok()) {
    AddLines("policy", status, problems);
  }
  if (const absl::Status status = (*policy)->CheckApiKeys(config.config.has_api_keys());
      !status.ok()) {
    AddLines("policy", status, problems);
  }
  return *std::move(policy);
}

std::vector<std::shared_ptr<PeerRules>> MakePeerRules(const LoadedConfig& config,
                                                      ProblemList* problems) {
  std::vector<std::shared_ptr<PeerRules>> rules;
  for (const std::string& port : PortNames(config.config)) {
    rules.push_back(PeerRules::Create(config, port, problems));
  }
  return rules;
}

std::deque<GuardedMethod> CompileMethods(const std::vector<ServedMethod>& served,
                                         const std::shared_ptr<const Policy>& policy,
                                         ProblemList* problems) {
  std::deque<GuardedMethod> methods;
  RuleCompiler rules(problems);
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
    CompileAccess(&method, policy, problems);
    CompileLimit(&method, problems);
    CompileRules(one, &rules, &method, problems);
  }
  return methods;
}

}  // namespace warden
