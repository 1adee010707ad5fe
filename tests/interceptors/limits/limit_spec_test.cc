#include "interceptors/limits/limit_spec.h"

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

LimitSpec Resolved(const std::string& name) {
  const auto limit = ResolveLimit(Method(name));
  EXPECT_TRUE(limit.ok()) << limit.status();
  EXPECT_TRUE(limit->has_value());
  return **limit;
}

std::string Error(const std::string& name) {
  const auto limit = ResolveLimit(Method("Bad." + name));
  EXPECT_FALSE(limit.ok());
  EXPECT_EQ(limit.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(limit.status().message());
}

TEST(ResolveLimitTest, TheMethodsOwnLimitComesFirst) {
  const LimitSpec spec = Resolved("Defaulted.Overrides");
  EXPECT_EQ(spec.key, LimitSpec::Key::kPrincipal);
  EXPECT_EQ(spec.requests, 3u);
  EXPECT_EQ(spec.per, absl::Milliseconds(500));
  EXPECT_EQ(spec.burst, 3u) << "requests where absent, not the service's 9";
}

TEST(ResolveLimitTest, ThenTheServices) {
  const LimitSpec spec = Resolved("Defaulted.Inherits");
  EXPECT_EQ(spec.key, LimitSpec::Key::kAddress);
  EXPECT_EQ(spec.requests, 7u);
  EXPECT_EQ(spec.per, absl::Seconds(1));
  EXPECT_EQ(spec.burst, 9u);
  EXPECT_EQ(Resolved("ServiceDefaulted.Inherits").requests, 5u);
}

TEST(ResolveLimitTest, ThenTheFiles) {
  const LimitSpec spec = Resolved("FileDefaulted.Inherits");
  EXPECT_EQ(spec.key, LimitSpec::Key::kPeer);
  EXPECT_EQ(spec.requests, 100u);
  EXPECT_EQ(spec.per, absl::Minutes(1));
  EXPECT_EQ(spec.burst, 100u);
}

TEST(ResolveLimitTest, WithoutAnyThereIsNone) {
  const auto limit = ResolveLimit(Method("Plain.Unlimited"));
  ASSERT_TRUE(limit.ok());
  EXPECT_FALSE(limit->has_value());
}

TEST(ResolveLimitTest, TheExtremesAreAccepted) {
  EXPECT_EQ(Resolved("Plain.Longest").per, kMaxPer);
  EXPECT_EQ(Resolved("Plain.Shortest").per, kMinPer);
  EXPECT_EQ(Resolved("Plain.Shortest").requests, 4294967295u);
}

TEST(ResolveLimitTest, ErrorsNameMethodOptionAndField) {
  EXPECT_EQ(Error("NoRequests"),
            "warden.limits_test.Bad.NoRequests: rate_limit: requests: must be at least 1");
  EXPECT_EQ(
      Error("NoKey"),
      "warden.limits_test.Bad.NoKey: service_rate_limit of warden.limits_test.Bad: key: must be "
      "PEER, PRINCIPAL or ADDRESS");
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
  Method("Defaulted.Overrides").file()->CopyTo(&file);
  file.set_package("warden.limits_test.odd");
  auto* option =
      file.mutable_service(0)->mutable_method(1)->mutable_options()->AddExtension(v1::rate_limit);
  option->add_key(static_cast<v1::LimitKey>(77));
  ::google::protobuf::DescriptorPool pool(::google::protobuf::DescriptorPool::generated_pool());
  file.set_name("odd.proto");
  const auto* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);
  const auto limit = ResolveLimit(*built->service(0)->method(1));
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

TEST(CheckLimitTest, KeyNames) {
  EXPECT_EQ(ToString(LimitSpec::Key::kPeer), "peer");
  EXPECT_EQ(ToString(LimitSpec::Key::kPrincipal), "principal");
  EXPECT_EQ(ToString(LimitSpec::Key::kAddress), "address");
}

}  // namespace
}  // namespace warden
