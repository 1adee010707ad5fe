#include "interceptors/limits/stream_quota.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/limits/option_source.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using google::protobuf::MethodDescriptor;
using Problems = std::vector<std::string>;

absl::Duration ReadDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::optional<LimitSpec> ReadRate(const v1::StreamQuota& option, Problems* problems) {
  if (option.messages() == 0) {
    if (option.has_per() || option.burst() != 0) {
      problems->push_back("per, burst: only with messages");
    }
    return std::nullopt;
  }
  LimitSpec rate = {.requests = option.messages(),
                    .per = option.has_per() ? ReadDuration(option.per()) : absl::Seconds(1),
                    .burst = option.burst() == 0 ? option.messages() : option.burst()};
  for (std::string& problem : FindSpecProblems(rate)) problems->push_back(std::move(problem));
  return rate;
}

void CheckPlace(const MethodDescriptor& method, const StreamQuota& quota, Problems* problems) {
  if (!method.client_streaming() && !method.server_streaming()) {
    problems->push_back("the method does not stream");
  } else if (!method.client_streaming() && quota.counts_messages()) {
    problems->push_back(
        "max_messages, max_bytes, messages: the method has no stream of requests; only max_age");
  }
}

}  // namespace

std::string StreamUse::Add(uint64_t bytes, int64_t now_ns) {
  MutexLock lock(&mutex_);
  ++messages_;
  // Cannot run over: no message has 2^32 bytes, and their number is 64 bits wide, too.
  bytes_ += bytes;
  if (quota_->max_messages != 0 && messages_ > quota_->max_messages) {
    return absl::StrCat("more than ", quota_->max_messages, " messages");
  }
  if (quota_->max_bytes != 0 && bytes_ > quota_->max_bytes) {
    return absl::StrCat("more than ", quota_->max_bytes, " bytes");
  }
  if (!quota_->rate.has_value()) return "";
  latest_ns_ = std::max(latest_ns_, now_ns);
  if (!bucket_.has_value()) bucket_ = ArrivalTime{latest_ns_, 0};
  if (GcraTake(*quota_->rate, latest_ns_, &*bucket_).allowed) return "";
  return absl::StrCat("more than ", quota_->rate->requests, " messages per ",
                      absl::FormatDuration(quota_->rate->per));
}

absl::StatusOr<std::shared_ptr<const StreamQuota>> ResolveStreamQuota(
    const MethodDescriptor& method) {
  const auto source = FindOption<v1::StreamQuota>(method, "stream_quota", v1::stream_quota,
                                                  v1::service_stream_quota, v1::file_stream_quota);
  if (source.option == nullptr) return std::shared_ptr<const StreamQuota>();
  const v1::StreamQuota& option = *source.option;
  Problems problems;
  auto quota = std::make_shared<StreamQuota>();
  quota->max_messages = option.max_messages();
  quota->max_bytes = option.max_bytes();
  quota->rate = ReadRate(option, &problems);
  if (option.has_max_age()) {
    quota->max_age = ReadDuration(option.max_age());
    if (quota->max_age < kMinPer || quota->max_age > absl::Hours(24 * kMaxFillDays)) {
      problems.push_back(absl::StrCat("max_age: must be 1 ms to ", kMaxFillDays, " days, is ",
                                      absl::FormatDuration(quota->max_age)));
    }
  }
  if (!quota->counts_messages() && !option.has_max_age()) {
    problems.push_back(
        "says nothing: one of max_messages, max_bytes, messages and max_age is needed");
  }
  if (source.own) CheckPlace(method, *quota, &problems);
  for (std::string& problem : problems) {
    problem = absl::StrCat(method.full_name(), ": ", source.name, ": ", problem);
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  if (!method.client_streaming()) {
    quota->max_messages = 0;
    quota->max_bytes = 0;
    quota->rate.reset();
  }
  const bool holds = quota->counts_messages() || quota->max_age != absl::InfiniteDuration();
  if (!holds || (!method.client_streaming() && !method.server_streaming())) {
    return std::shared_ptr<const StreamQuota>();
  }
  return quota;
}

}  // namespace warden
