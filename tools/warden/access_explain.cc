#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/config/yaml_loader.h"
#include "tools/warden/access_decision.h"
#include "tools/warden/access_verbs.h"
#include "tools/warden/commands.h"
#include "tools/warden/descriptors.h"

namespace warden::cli {
namespace {

using google::protobuf::MethodDescriptor;

constexpr size_t kMostRequestBytes = 16 << 20;

struct ExplainOptions {
  std::string descriptor_set;
  std::string policy;
  std::string method;
  std::string caller;   // a file
  std::string request;  // a file
  std::string format = "text";
  int64_t now = -1;
};

absl::Status ReadRequest(const std::string& path, google::protobuf::Message* request) {
  if (path.empty()) return absl::OkStatus();
  std::string text;
  if (absl::Status read = ReadBoundedFile(path, kMostRequestBytes, &text); !read.ok()) return read;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, request);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(parsed.message())));
}

absl::StatusOr<Decision> Answer(const ExplainOptions& options) {
  const absl::StatusOr<std::unique_ptr<DescriptorSet>> set =
      DescriptorSet::Load(options.descriptor_set);
  if (!set.ok()) return set.status();
  const auto methods = (*set)->MethodsNamed(options.method);
  if (!methods.ok()) return methods.status();
  const MethodDescriptor* const method = methods->front();
  if (FullName(*method) != options.method) {
    return absl::InvalidArgumentError(
        absl::StrCat("--method ", options.method, ": name one method of the service"));
  }
  absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromFile(options.policy);
  if (!policy.ok()) return policy.status();
  Question question{.policy = *std::move(policy), .method = method};
  question.now = options.now < 0 ? absl::Now() : absl::FromUnixSeconds(options.now);
  if (!options.caller.empty()) {
    const absl::Status read = LoadYamlFile(options.caller, &question.caller, nullptr);
    if (!read.ok()) return read;
  }
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> request(
      factory.GetPrototype(method->input_type())->New());
  if (absl::Status read = ReadRequest(options.request, request.get()); !read.ok()) return read;
  question.request = request.get();
  return Decide(question);
}

int Explain(const ExplainOptions& options) {
  const absl::StatusOr<Decision> decision = Answer(options);
  if (!decision.ok()) {
    std::cerr << decision.status().message() << '\n';
    return kUsage;
  }
  std::cout << (options.format == "json" ? DecisionAsJson(*decision) : DecisionAsText(*decision));
  return decision->allowed ? kYes : kNo;
}

}  // namespace

void AddExplain(CLI::App& access, int* status) {
  CLI::App* explain = access.add_subcommand(
      "explain",
      "Print, step by step, what the policy decides of a call, and which line decided it.\n"
      "Exit status: 0 allowed, 1 denied, 2 bad usage or a file that cannot be used");
  const auto options = std::make_shared<ExplainOptions>();
  explain->add_option("--method", options->method, "/orders.v1.OrderService/GetOrder")->required();
  explain
      ->add_option("--caller", options->caller,
                   "YAML: claims, peer, api_key, address, as a caller of policy_test.proto; "
                   "nobody where absent")
      ->check(CLI::ExistingFile);
  explain->add_option("--request", options->request, "The request, JSON; empty where absent")
      ->check(CLI::ExistingFile);
  explain->add_option("--policy", options->policy, "Policy file")
      ->required()
      ->check(CLI::ExistingFile);
  explain
      ->add_option("--descriptor-set", options->descriptor_set,
                   "From protoc --include_imports --include_source_info --descriptor_set_out=FILE")
      ->required()
      ->check(CLI::ExistingFile);
  explain->add_option("--now", options->now, "The time of the call: Unix seconds")
      ->check(CLI::NonNegativeNumber);
  explain->add_option("--format", options->format, "text (default) or json")
      ->check(CLI::IsMember({"text", "json"}));
  explain->callback([options, status] { *status = Explain(*options); });
}

}  // namespace warden::cli
