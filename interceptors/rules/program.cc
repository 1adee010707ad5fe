#include "interceptors/rules/program.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/rules/checker.h"
#include "interceptors/rules/compiler.h"
#include "interceptors/rules/plan.h"
#include "interceptors/rules/rule_source.h"

namespace warden {
namespace {

constexpr char kTypeRule[] = "warden.type";

rules::Nanos SinceEpoch(absl::Time time) {
  const absl::Duration since = time - absl::UnixEpoch();
  absl::Duration rest;
  const int64_t seconds = absl::IDivDuration(since, absl::Seconds(1), &rest);
  return rules::Nanos(seconds) * 1'000'000'000 + absl::ToInt64Nanoseconds(rest);
}

}  // namespace

Program::Program(std::unique_ptr<const rules::ProgramData> data) : data_(std::move(data)) {}

Program::~Program() = default;

absl::StatusOr<std::shared_ptr<const Program>> Program::Compile(
    const google::protobuf::Descriptor& type) {
  std::vector<std::unique_ptr<rules::RuleSource>> sources;
  sources.push_back(rules::MakeWardenSource());
  sources.push_back(rules::MakeBufSource(*type.file()->pool()));
  rules::Compiler compiler(std::move(sources));
  std::unique_ptr<const rules::ProgramData> data = compiler.Compile(type);
  if (!compiler.problems().lines().empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(compiler.problems().lines(), "\n"));
  }
  return std::shared_ptr<const Program>(new Program(std::move(data)));
}

bool Program::empty() const { return data_->messages.front().empty(); }

const google::protobuf::Descriptor& Program::type() const { return *data_->messages.front().type; }

std::vector<std::string> Program::rule_ids() const {
  std::set<std::string> ids = {kTypeRule};
  for (const rules::RuleText& text : data_->texts) ids.insert(text.id);
  return {ids.begin(), ids.end()};
}

bool Program::Check(const google::protobuf::Message& message, size_t max_violations,
                    std::vector<Violation>* out) const {
  return Check(message, data_->uses_clock ? absl::Now() : absl::UnixEpoch(), max_violations, out);
}

bool Program::Check(const google::protobuf::Message& message, absl::Time now, size_t max_violations,
                    std::vector<Violation>* out) const {
  if (message.GetDescriptor() != &type()) {
    out->push_back({.field = "",
                    .rule = kTypeRule,
                    .message = absl::StrCat("message is not of type ", type().full_name())});
    return false;
  }
  if (empty()) return true;
  rules::Moment moment;
  if (data_->uses_clock) moment.now = SinceEpoch(now);
  return rules::Checker(*data_, moment, std::max<size_t>(max_violations, 1), out).Check(message);
}

}  // namespace warden
