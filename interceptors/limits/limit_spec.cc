#include "interceptors/limits/limit_spec.h"

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/limits/gcra.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

namespace pb = ::google::protobuf;

// Where a limit was written: "rate_limit", or "service_rate_limit of shop.v1.Orders".
struct Source {
  const v1::RateLimit* option = nullptr;
  std::string name;
};

Source FindSource(const pb::MethodDescriptor& method) {
  if (method.options().ExtensionSize(v1::rate_limit) > 0) {
    return {&method.options().GetExtension(v1::rate_limit, 0), "rate_limit"};
  }
  const pb::ServiceDescriptor& service = *method.service();
  if (service.options().ExtensionSize(v1::service_rate_limit) > 0) {
    return {&service.options().GetExtension(v1::service_rate_limit, 0),
            absl::StrCat("service_rate_limit of ", service.full_name())};
  }
  const pb::FileDescriptor& file = *method.file();
  if (file.options().ExtensionSize(v1::file_rate_limit) > 0) {
    return {&file.options().GetExtension(v1::file_rate_limit, 0),
            absl::StrCat("file_rate_limit of ", file.name())};
  }
  return {};
}

// google.protobuf.Duration: seconds and nanos of the same sign, nanos below a second.
bool IsWellFormed(const pb::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  return nanos > -1'000'000'000 && nanos < 1'000'000'000 && !(seconds > 0 && nanos < 0) &&
         !(seconds < 0 && nanos > 0);
}

std::optional<LimitSpec::Key> ToKey(v1::LimitKey key) {
  switch (key) {
    case v1::PEER:
      return LimitSpec::Key::kPeer;
    case v1::PRINCIPAL:
      return LimitSpec::Key::kPrincipal;
    case v1::ADDRESS:
      return LimitSpec::Key::kAddress;
    default:
      return std::nullopt;
  }
}

// Every "field: problem" of the spec's numbers.
std::vector<std::string> Problems(const LimitSpec& spec) {
  std::vector<std::string> problems;
  if (spec.requests < 1) problems.push_back("requests: must be at least 1");
  if (spec.per < kMinPer || spec.per > kMaxPer) {
    problems.push_back(
        absl::StrCat("per: must be 1 ms to 30 days, is ", absl::FormatDuration(spec.per)));
  }
  if (spec.burst < 1) problems.push_back("burst: must be at least 1");
  if (problems.empty() && !IsValid(spec)) {
    problems.push_back(absl::StrCat("burst: ", spec.burst, " would take more than ", kMaxFillDays,
                                    " days to regain"));
  }
  return problems;
}

std::vector<std::string> Read(const v1::RateLimit& option, LimitSpec* spec) {
  std::vector<std::string> problems;
  const std::optional<LimitSpec::Key> key =
      option.key_size() == 1 ? ToKey(option.key(0)) : std::nullopt;
  if (!key.has_value()) problems.push_back("key: must be PEER, PRINCIPAL or ADDRESS");
  const bool well_formed = IsWellFormed(option.per());
  if (!option.has_per()) {
    problems.push_back("per: is required");
  } else if (!well_formed) {
    problems.push_back("per: is not a well-formed duration");
  }
  spec->key = key.value_or(LimitSpec::Key::kPeer);
  spec->requests = option.requests();
  spec->burst = option.burst() == 0 ? option.requests() : option.burst();
  // A value in the bounds stands in for one already complained about.
  spec->per = option.has_per() && well_formed
                  ? absl::Seconds(option.per().seconds()) + absl::Nanoseconds(option.per().nanos())
                  : absl::Seconds(1);
  for (std::string& problem : Problems(*spec)) {
    // A burst that was left out says nothing of its own.
    if (option.burst() == 0 && problem.starts_with("burst: must")) continue;
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace

std::string_view ToString(LimitSpec::Key key) {
  switch (key) {
    case LimitSpec::Key::kPeer:
      return "peer";
    case LimitSpec::Key::kPrincipal:
      return "principal";
    case LimitSpec::Key::kAddress:
      return "address";
  }
  return "unknown";
}

absl::Status CheckLimit(const LimitSpec& spec) {
  const std::vector<std::string> problems = Problems(spec);
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
}

absl::StatusOr<std::optional<LimitSpec>> ResolveLimit(const pb::MethodDescriptor& method) {
  const Source source = FindSource(method);
  if (source.option == nullptr) return std::nullopt;
  LimitSpec spec;
  std::vector<std::string> problems = Read(*source.option, &spec);
  if (problems.empty()) return spec;
  for (std::string& problem : problems) {
    problem = absl::StrCat(method.full_name(), ": ", source.name, ": ", problem);
  }
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

}  // namespace warden
