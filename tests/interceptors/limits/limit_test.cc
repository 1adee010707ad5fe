#include "interceptors/limits/limit.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "limits_bad_test.pb.h"
#include "limits_file_test.pb.h"
#include "limits_test.pb.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using ::google::protobuf::MethodDescriptor;
using ::testing::HasSubstr;
using ::testing::Not;

const MethodDescriptor& Method(const std::string& name) {
  // A use of each file, without which the linker would leave it out.
  limits_test::InLimits::descriptor();
  limits_test::InBad::descriptor();
  limits_test::InFile::descriptor();
  const auto* method = ::google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      "warden.limits_test." + name);
  EXPECT_NE(method, nullptr) << name;
  return *method;
}

std::vector<Limit> ResolvedAll(const std::string& name) {
  const auto limits = ResolveLimits(Method(name));
  EXPECT_TRUE(limits.ok()) << limits.status();
  return limits.ok() ? *limits : std::vector<Limit>();
}

Limit Resolved(const std::string& name) {
  const std::vector<Limit> limits = ResolvedAll(name);
  EXPECT_EQ(limits.size(), 1u);
  return limits.empty() ? Limit() : limits[0];
}

std::string Error(const std::string& name) {
  const auto limit = ResolveLimits(Method("Bad." + name));
  EXPECT_FALSE(limit.ok());
  EXPECT_EQ(limit.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(limit.status().message());
}

TEST(ResolveLimitTest, TheMethodsOwnLimitComesFirst) {
  const Limit limit = Resolved("Defaulted.Overrides");
  EXPECT_EQ(limit.label, "principal");
  const LimitSpec& spec = limit.spec;
  EXPECT_EQ(spec.requests, 3u);
  EXPECT_EQ(spec.per, absl::Milliseconds(500));
  EXPECT_EQ(spec.burst, 3u) << "requests where absent, not the service's 9";
}

TEST(ResolveLimitTest, ThenTheServices) {
  const Limit limit = Resolved("Defaulted.Inherits");
  EXPECT_EQ(limit.label, "address");
  const LimitSpec& spec = limit.spec;
  EXPECT_EQ(spec.requests, 7u);
  EXPECT_EQ(spec.per, absl::Seconds(1));
  EXPECT_EQ(spec.burst, 9u);
  EXPECT_EQ(Resolved("ServiceDefaulted.Inherits").spec.requests, 5u);
}

TEST(ResolveLimitTest, ThenTheFiles) {
  const Limit limit = Resolved("FileDefaulted.Inherits");
  EXPECT_EQ(limit.label, "peer");
  const LimitSpec& spec = limit.spec;
  EXPECT_EQ(spec.requests, 100u);
  EXPECT_EQ(spec.per, absl::Minutes(1));
  EXPECT_EQ(spec.burst, 100u);
}

TEST(ResolveLimitTest, WithoutAnyThereIsNone) {
  EXPECT_TRUE(ResolvedAll("Plain.Unlimited").empty());
}

TEST(ResolveLimitTest, TheExtremesAreAccepted) {
  EXPECT_EQ(Resolved("Plain.Longest").spec.per, kMaxPer);
  EXPECT_EQ(Resolved("Plain.Shortest").spec.per, kMinPer);
  EXPECT_EQ(Resolved("Plain.Shortest").spec.requests, 4294967295u);
}

TEST(ResolveLimitTest, ErrorsNameMethodOptionAndField) {
  EXPECT_EQ(Error("NoRequests"),
            "warden.limits_test.Bad.NoRequests: rate_limit: requests: must be at least 1");
  EXPECT_EQ(Error("NoKey"),
            "warden.limits_test.Bad.NoKey: service_rate_limit of warden.limits_test.Bad: key: is "
            "required");
  EXPECT_THAT(Error("TooShort"), HasSubstr("per: must be 1 ms to 30 days, is 999.999us"));
  EXPECT_THAT(Error("TooLong"), HasSubstr("per: must be"));
  EXPECT_THAT(Error("Negative"), HasSubstr("per: must be 1 ms to 30 days, is -5s"));
  EXPECT_THAT(Error("Overflowing"), HasSubstr("per: must be"));
  EXPECT_THAT(Error("MixedSigns"), HasSubstr("per: is not a well-formed duration"));
  EXPECT_THAT(Error("WideNanos"), HasSubstr("per: is not a well-formed duration"));
  EXPECT_THAT(Error("HugeBurst"), HasSubstr("burst: 13 would take more than 366 days to regain"));
}

TEST(ResolveLimitTest, AllProblemsAreListed) {
  const std::string error = Error("Everything");
  EXPECT_THAT(error, HasSubstr("Bad.Everything: rate_limit: key: "));
  EXPECT_THAT(error, HasSubstr("Bad.Everything: rate_limit: per: is required"));
  EXPECT_THAT(error, HasSubstr("Bad.Everything: rate_limit: requests: "));
  EXPECT_THAT(error, Not(HasSubstr("burst")));
}

// proto3 enums are open: a number without a name arrives as it is.
TEST(ResolveLimitTest, UnknownKeyNumbersAreRefused) {
  ::google::protobuf::FileDescriptorProto file;
  Method("FileDefaulted.Inherits").file()->CopyTo(&file);
  file.set_package("warden.limits_test.odd");
  auto* option =
      file.mutable_service(0)->mutable_method(0)->mutable_options()->AddExtension(v1::rate_limit);
  option->add_key(static_cast<v1::LimitKey>(77));
  ::google::protobuf::DescriptorPool pool(::google::protobuf::DescriptorPool::generated_pool());
  file.set_name("odd.proto");
  const auto* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);
  const auto limit = ResolveLimits(*built->service(0)->method(0));
  ASSERT_FALSE(limit.ok());
  EXPECT_THAT(std::string(limit.status().message()), HasSubstr("key: must be PEER"));
}

TEST(CheckLimitTest, ListsEveryProblem) {
  const LimitSpec good = {.requests = 1, .per = absl::Seconds(1), .burst = 1};
  EXPECT_TRUE(CheckLimit(good).ok());
  const absl::Status status = CheckLimit({.requests = 0, .per = absl::ZeroDuration(), .burst = 0});
  EXPECT_THAT(std::string(status.message()), HasSubstr("requests: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("per: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("burst: "));
}

TEST(ResolveLimitTest, EveryKeyAndItsLabel) {
  const std::vector<Limit> limits = ResolvedAll("Plain.Many");
  ASSERT_EQ(limits.size(), 3u);
  EXPECT_EQ(limits[0].label, "tenant+method");
  EXPECT_EQ(limits[0].keys.tenant_claim, (ClaimPath{"org", "id"}));
  EXPECT_EQ(limits[0].spec.algorithm, LimitSpec::Algorithm::kSlidingWindow);
  EXPECT_EQ(limits[1].label, "api_key+address");
  EXPECT_EQ(limits[1].keys.ipv4_prefix, 24u);
  EXPECT_EQ(limits[1].keys.ipv6_prefix, 48u);
  EXPECT_EQ(limits[1].spec.algorithm, LimitSpec::Algorithm::kFixedWindow);
  EXPECT_EQ(limits[1].cost.fixed, 5u);
  EXPECT_EQ(limits[2].label, "peer+principal");
  EXPECT_EQ(limits[2].keys.ipv4_prefix, 32u);
  EXPECT_EQ(limits[2].keys.ipv6_prefix, 64u);
  EXPECT_EQ(limits[2].cost.bytes, 1024u);
  EXPECT_TRUE(limits[2].cost.needs_body());
}

TEST(ResolveLimitTest, FailuresMayBeCounted) {
  const Limit limit = Resolved("Plain.Failures");
  EXPECT_TRUE(limit.counts_failures);
  EXPECT_EQ(limit.cost.fixed, 2u);
  EXPECT_FALSE(Resolved("Plain.Longest").counts_failures);
}

TEST(ResolveLimitTest, ReadsTheCostFromAField) {
  const Limit limit = Resolved("Plain.ByField");
  ASSERT_TRUE(limit.cost.field.has_value());
  limits_test::Sized request;
  EXPECT_EQ(limit.cost.field->Read(request), 1u) << "absent";
  request.mutable_page()->set_size(7);
  EXPECT_EQ(limit.cost.field->Read(request), 7u);
  request.mutable_page()->set_size(-7);
  EXPECT_EQ(limit.cost.field->Read(request), 1u);
  request.mutable_page()->set_size(int64_t{1} << 40);
  EXPECT_EQ(limit.cost.field->Read(request), 4294967295u);
}

TEST(ResolveLimitTest, WhatContradictsItselfIsRefused) {
  EXPECT_THAT(Error("WindowWithBurst"), HasSubstr("rate_limit: burst: only with TOKEN_BUCKET"));
  EXPECT_THAT(Error("KeyTwice"), HasSubstr("key: peer twice"));
  EXPECT_THAT(Error("TenantWithoutClaim"), HasSubstr("tenant_claim: "));
  EXPECT_THAT(Error("ClaimWithoutTenant"), HasSubstr("tenant_claim: only with TENANT"));
  EXPECT_THAT(Error("Prefixes"), HasSubstr("ipv4_prefix: must be 1 to 32"));
  EXPECT_THAT(Error("Prefixes"), HasSubstr("ipv6_prefix: must be 1 to 128"));
  EXPECT_THAT(Error("PrefixWithoutAddress"), HasSubstr("only with ADDRESS"));
  EXPECT_THAT(Error("CostTooHigh"),
              HasSubstr("cost.fixed: no call could pass: it is more than 5 at once"));
  EXPECT_THAT(Error("NoCost"), HasSubstr("cost: says none of fixed, field and bytes"));
  EXPECT_THAT(Error("CostZero"), HasSubstr("cost.fixed: must be at least 1"));
  EXPECT_THAT(Error("NoField"), HasSubstr("cost.field: no field \"sise\" in "));
  EXPECT_THAT(Error("TextField"), HasSubstr("is no integer"));
  EXPECT_THAT(Error("StreamByBytes"), HasSubstr("cost: only `fixed` for streams of requests"));
  EXPECT_THAT(Error("SharedFailures"), HasSubstr("store: must be LOCAL where FAILURES are"));
  EXPECT_THAT(Error("ServiceFailures"), HasSubstr("store: must be LOCAL where FAILURES are"));
  EXPECT_THAT(Error("FailuresByBytes"), HasSubstr("cost: only `fixed` where FAILURES are counted"));
  EXPECT_THAT(Error("LocalOutage"), HasSubstr("on_outage: only with SHARED or SERVICE"));
  EXPECT_THAT(Error("LocalLease"), HasSubstr("lease: only with SHARED"));
  EXPECT_THAT(Error("TwoOfAName"), HasSubstr("rate_limit[1]: name: stands twice"));
  EXPECT_THAT(Error("TooMany"), HasSubstr("a method can have 8 limits"));
}

TEST(LimitIdsTest, OneNameIsOneLimit) {
  LimitIds ids;
  Limit own, other_own, named, same, different;
  named.name = same.name = different.name = "exports";
  named.said = same.said = "a";
  different.said = "b";
  EXPECT_TRUE(ids.Assign(&own));
  EXPECT_TRUE(ids.Assign(&named));
  EXPECT_TRUE(ids.Assign(&other_own));
  EXPECT_TRUE(ids.Assign(&same));
  EXPECT_EQ(own.id, kMaxLimits) << "those below are the configuration's";
  EXPECT_EQ(same.id, named.id);
  EXPECT_NE(own.id, other_own.id);
  EXPECT_NE(own.id, named.id);
  EXPECT_FALSE(ids.Assign(&different));
}

}  // namespace
}  // namespace warden
