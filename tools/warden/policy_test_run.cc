#include "tools/warden/policy_test_run.h"

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/config/yaml_loader.h"
#include "nlohmann/json.hpp"
#include "tools/warden/access_decision.h"
#include "tools/warden/descriptors.h"
#include "warden/v1/policy_test.pb.h"

namespace warden::cli {
namespace {

using google::protobuf::MethodDescriptor;

constexpr char kAnonymous[] = "anonymous";

// A path of the file, by the file's folder.
std::string Beside(const std::string& file, const std::string& path) {
  return (std::filesystem::path(file).parent_path() / path).string();
}

class Runner {
 public:
  Runner(std::shared_ptr<const Policy> policy, const DescriptorSet& set, const v1::PolicyTest& test)
      : policy_(std::move(policy)), set_(set), test_(test) {}

  // "" where the case is as expected.
  std::string Run(const v1::PolicyTestCase& one) {
    if (one.expect() == v1::PolicyTestCase::OUTCOME_UNSPECIFIED) {
      return "`expect` is missing: write ALLOW or DENY";
    }
    v1::PolicyTestCaller caller;
    if (const auto found = test_.callers().find(one.caller()); found != test_.callers().end()) {
      caller = found->second;
    } else if (!one.caller().empty() && one.caller() != kAnonymous) {
      return absl::StrCat("`callers` has no ", Quoted(one.caller()),
                          Suggestion(one.caller(), Callers()));
    }
    const absl::StatusOr<std::vector<const MethodDescriptor*>> methods =
        set_.MethodsNamed(one.method());
    if (!methods.ok()) return std::string(methods.status().message());
    for (const MethodDescriptor* method : *methods) {
      std::string failure = Ask(one, caller, *method);
      if (!failure.empty()) return failure;
    }
    return "";
  }

 private:
  std::vector<std::string> Callers() const {
    std::vector<std::string> names = {kAnonymous};
    for (const auto& [name, caller] : test_.callers()) names.push_back(name);
    return names;
  }

  std::string Ask(const v1::PolicyTestCase& one, const v1::PolicyTestCaller& caller,
                  const MethodDescriptor& method) {
    const std::unique_ptr<google::protobuf::Message> request(
        factory_.GetPrototype(method.input_type())->New());
    if (one.has_request()) {
      std::string text;
      const auto written = google::protobuf::util::MessageToJsonString(one.request(), &text);
      const auto parsed = google::protobuf::util::JsonStringToMessage(text, request.get());
      if (!written.ok() || !parsed.ok()) {
        return absl::StrCat("request: ", std::string(parsed.message()));
      }
    }
    const absl::Time now =
        one.has_now() ? absl::FromUnixNanos(
                            google::protobuf::util::TimeUtil::TimestampToNanoseconds(one.now()))
                      : absl::Now();
    const absl::StatusOr<Decision> decision = Decide({.policy = policy_,
                                                      .method = &method,
                                                      .caller = caller,
                                                      .request = request.get(),
                                                      .now = now});
    if (!decision.ok()) return std::string(decision.status().message());
    return Compare(one, method, *decision);
  }

  static std::string Compare(const v1::PolicyTestCase& one, const MethodDescriptor& method,
                             const Decision& decision) {
    const bool expected = one.expect() == v1::PolicyTestCase::ALLOW;
    if (decision.allowed != expected) {
      return absl::StrCat(FullName(method), ": expected ", expected ? "ALLOW" : "DENY", ", got ",
                          decision.allowed ? "ALLOW" : "DENY", ": ", decision.because);
    }
    if (decision.because.find(one.because()) == std::string::npos) {
      return absl::StrCat(FullName(method), ": ", decision.allowed ? "allowed" : "denied",
                          " as expected, but not because of ", Quoted(one.because()), ": ",
                          decision.because);
    }
    return "";
  }

  const std::shared_ptr<const Policy> policy_;
  const DescriptorSet& set_;
  const v1::PolicyTest& test_;
  google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace

size_t PolicyTestReport::failed() const {
  return static_cast<size_t>(std::count_if(cases.begin(), cases.end(),
                                           [](const Case& one) { return !one.failure.empty(); }));
}

absl::StatusOr<PolicyTestReport> RunPolicyTest(const std::string& path,
                                               const std::string& policy_path,
                                               const std::string& descriptor_set_path) {
  v1::PolicyTest test;
  SourceMap places;
  if (absl::Status read = LoadYamlFile(path, &test, &places); !read.ok()) return read;
  const auto choose = [&](const std::string& given, const std::string& named) {
    return !given.empty() ? given : named.empty() ? "" : Beside(path, named);
  };
  const std::string policy_file = choose(policy_path, test.policy_file());
  const std::string set_file = choose(descriptor_set_path, test.descriptor_set_file());
  if (policy_file.empty() || set_file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": policy_file and descriptor_set_file are needed, here or as options"));
  }
  if (test.cases().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": there are no cases"));
  }
  const absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromFile(policy_file);
  if (!policy.ok()) return policy.status();
  const absl::StatusOr<std::unique_ptr<DescriptorSet>> set = DescriptorSet::Load(set_file);
  if (!set.ok()) return set.status();
  PolicyTestReport report{.file = path, .cases = {}};
  Runner runner(*policy, **set, test);
  for (int i = 0; i < test.cases_size(); ++i) {
    const v1::PolicyTestCase& one = test.cases(i);
    const std::string caller = one.caller().empty() ? kAnonymous : one.caller();
    report.cases.push_back(
        {.name = one.name().empty() ? absl::StrCat(caller, " ", one.method()) : one.name(),
         .place = places.Place(ItemPath("cases", static_cast<size_t>(i))),
         .failure = runner.Run(one)});
  }
  return report;
}

std::string ReportsAsText(const std::vector<PolicyTestReport>& reports) {
  std::string text;
  size_t cases = 0;
  size_t failed = 0;
  for (const PolicyTestReport& report : reports) {
    for (const PolicyTestReport::Case& one : report.cases) {
      ++cases;
      if (one.failure.empty()) continue;
      ++failed;
      absl::StrAppend(&text, one.place, ": ", one.name, ": ", one.failure, "\n");
    }
  }
  absl::StrAppend(&text, cases, cases == 1 ? " case, " : " cases, ", failed, " failed\n");
  return text;
}

std::string ReportsAsJson(const std::vector<PolicyTestReport>& reports) {
  nlohmann::ordered_json cases = nlohmann::ordered_json::array();
  size_t failed = 0;
  for (const PolicyTestReport& report : reports) {
    failed += report.failed();
    for (const PolicyTestReport::Case& one : report.cases) {
      nlohmann::ordered_json entry = {
          {"place", one.place}, {"name", one.name}, {"passed", one.failure.empty()}};
      if (!one.failure.empty()) entry["failure"] = one.failure;
      cases.push_back(std::move(entry));
    }
  }
  const nlohmann::ordered_json document = {{"failed", failed}, {"cases", std::move(cases)}};
  return document.dump(2) + "\n";
}

}  // namespace warden::cli
