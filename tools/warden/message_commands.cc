#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "interceptors/normalize/normalizer.h"
#include "interceptors/rules/program.h"
#include "tools/warden/commands.h"
#include "tools/warden/descriptors.h"
#include "tools/warden/message_validate.h"

namespace warden::cli {
namespace {

// As much as protobuf takes for one message.
constexpr size_t kMostBytes = std::numeric_limits<int32_t>::max();

struct ValidateOptions {
  std::string descriptor_set;
  std::string type;
  std::string input = "json";
  size_t max_violations = 100;
  int64_t now = -1;
};

int Unusable(absl::string_view why) {
  std::cerr << why << '\n';
  return kUsage;
}

absl::StatusOr<std::string> ReadInput() {
  std::string input;
  char buffer[1 << 16];
  while (std::cin.read(buffer, sizeof(buffer)), std::cin.gcount() > 0) {
    input.append(buffer, static_cast<size_t>(std::cin.gcount()));
    if (input.size() > kMostBytes) {
      return absl::OutOfRangeError("the input is larger than a message may be (2 GiB)");
    }
  }
  if (std::cin.bad()) return absl::DataLossError("the input cannot be read");
  return input;
}

int Validate(const ValidateOptions& options) {
  google::protobuf::SetLogHandler(nullptr);  // problems are reported here
  const absl::StatusOr<std::unique_ptr<DescriptorSet>> set =
      DescriptorSet::Load(options.descriptor_set);
  if (!set.ok()) return Unusable(set.status().message());
  const auto* type = (*set)->pool().FindMessageTypeByName(options.type);
  if (type == nullptr) return Unusable("the set has no message `" + options.type + "`");
  const absl::StatusOr<std::shared_ptr<const Program>> program = Program::Compile(*type);
  if (!program.ok()) return Unusable(program.status().message());
  const absl::StatusOr<std::string> input = ReadInput();
  if (!input.ok()) return Unusable(input.status().message());
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(type)->New());
  if (const absl::Status parsed = ParseMessage(options.input, *input, message.get());
      !parsed.ok()) {
    return Unusable(parsed.message());
  }
  std::vector<Violation> violations;
  std::vector<std::string> problems;
  const auto normalizer = Normalizer::Compile(*type, &problems);
  for (const std::string& problem : problems) std::cerr << problem << '\n';
  if (!problems.empty()) return kUsage;
  if (normalizer != nullptr &&
      !normalizer->Apply(message.get(), options.max_violations, &violations)) {
    std::cout << ViolationsAsJson(*type, violations);
    return kNo;
  }
  const absl::Time now = options.now < 0 ? absl::Now() : absl::FromUnixSeconds(options.now);
  const bool valid = (*program)->Check(*message, now, options.max_violations, &violations);
  std::cout << ViolationsAsJson(*type, violations);
  return valid ? kYes : kNo;
}

}  // namespace

void AddMessageCommands(CLI::App& app, int* status) {
  CLI::App* message = app.add_subcommand("message", "Check messages by the rules of their fields");
  message->require_subcommand(1);
  CLI::App* validate = message->add_subcommand(
      "validate",
      "Read a message from stdin and print what is wrong with it, as the server would find it:\n"
      "a JSON list of {field, rule, message}, with the rule's place as `source` where the set was\n"
      "made with --include_source_info.\n"
      "Exit status: 0 valid, 1 invalid, 2 bad usage, unreadable input or rules that do not "
      "compile");
  const auto options = std::make_shared<ValidateOptions>();
  validate
      ->add_option("--descriptor-set", options->descriptor_set,
                   "From protoc --include_imports --descriptor_set_out=FILE")
      ->required()
      ->check(CLI::ExistingFile);
  validate->add_option("--type", options->type, "Full name of the message type: shop.v1.Order")
      ->required();
  validate->add_option("--input", options->input, "json (default), binary or textproto")
      ->check(CLI::IsMember({"json", "binary", "textproto"}));
  validate->add_option("--max-violations", options->max_violations, "How many to list (100)")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  validate->add_option("--now", options->now, "The time for lt_now, gt_now, within: Unix seconds")
      ->check(CLI::NonNegativeNumber);
  validate->callback([options, status] { *status = Validate(*options); });
}

}  // namespace warden::cli
