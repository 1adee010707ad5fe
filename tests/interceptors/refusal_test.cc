#include "interceptors/refusal.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "google/rpc/error_details.pb.h"

namespace warden {
namespace {

template <typename Detail>
std::vector<Detail> DetailsOf(const google::rpc::Status& status) {
  std::vector<Detail> found;
  for (const google::protobuf::Any& any : status.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) found.push_back(detail);
  }
  return found;
}

TEST(RefusalTest, EveryReasonHasACodeTextAndUniqueLabel) {
  std::set<std::string_view> labels;
  for (size_t i = 0; i < kReasonCount; ++i) {
    const ReasonInfo& info = InfoOf(static_cast<Reason>(i));
    EXPECT_TRUE(labels.insert(info.label).second) << info.label;
    if (info.reason == Reason::kOk) continue;
    EXPECT_NE(info.code, absl::StatusCode::kOk) << info.label;
    EXPECT_FALSE(info.text.empty()) << info.label;
    EXPECT_FALSE(info.public_reason.empty()) << info.label;
  }
}

TEST(RefusalTest, AForgedTokenDoesNotSayWhichCheckCaughtIt) {
  const std::string expected =
      PublicStatus({.reason = Reason::kTokenSignature}).SerializeAsString();
  for (const Reason reason :
       {Reason::kTokenMalformed, Reason::kTokenAlgorithm, Reason::kTokenKeyUnknown,
        Reason::kTokenIssuer, Reason::kTokenAudience, Reason::kTokenNotYetValid,
        Reason::kTokenClaims, Reason::kTokenTooLarge, Reason::kTokenOther,
        Reason::kCredentialsAmbiguous, Reason::kCredentialsMalformed}) {
    EXPECT_EQ(PublicStatus({.reason = reason, .detail = "internals"}).SerializeAsString(), expected)
        << InfoOf(reason).label;
  }
}

TEST(RefusalTest, TheQuickFormSaysTheSame) {
  for (size_t i = 1; i < kReasonCount; ++i) {
    Refusal refusal{
        .reason = static_cast<Reason>(i), .retry_after = absl::Seconds(2), .quota = "peer"};
    if (refusal.reason == Reason::kRequestInvalid) refusal.violations = {{"a", "required", "is"}};
    google::rpc::Status quick;
    ASSERT_TRUE(quick.ParseFromString(SerializedPublicStatus(refusal)));
    EXPECT_EQ(quick.DebugString(), PublicStatus(refusal).DebugString());
  }
}

TEST(RefusalTest, TheOperatorsDetailStaysInside) {
  const std::string bytes =
      PublicStatus({.reason = Reason::kInternal, .detail = "/etc/keys/jwks.json"})
          .SerializeAsString();
  EXPECT_EQ(bytes.find("jwks"), std::string::npos);
}

TEST(RefusalTest, ALimitSaysWhenToComeBack) {
  const google::rpc::Status status = PublicStatus({.reason = Reason::kRateLimited,
                                                   .retry_after = absl::Milliseconds(1500),
                                                   .quota = "principal"});
  const auto retry = DetailsOf<google::rpc::RetryInfo>(status);
  ASSERT_EQ(retry.size(), 1u);
  EXPECT_EQ(retry[0].retry_delay().seconds(), 1);
  EXPECT_EQ(retry[0].retry_delay().nanos(), 500'000'000);
  const auto quota = DetailsOf<google::rpc::QuotaFailure>(status);
  ASSERT_EQ(quota.size(), 1u);
  EXPECT_EQ(quota[0].violations(0).subject(), "principal");
}

TEST(RefusalTest, ABadRequestNamesFieldsAndRules) {
  const google::rpc::Status status =
      PublicStatus({.reason = Reason::kRequestInvalid,
                    .violations = {{"items[2].sku", "string.min_len", "too short"}}});
  const auto bad = DetailsOf<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.size(), 1u);
  EXPECT_EQ(bad[0].field_violations(0).field(), "items[2].sku");
  EXPECT_EQ(bad[0].field_violations(0).reason(), "STRING_MIN_LEN");
  EXPECT_EQ(bad[0].field_violations(0).description(), "too short [string.min_len]");
  EXPECT_EQ(DetailsOf<google::rpc::ErrorInfo>(status).at(0).reason(), "REQUEST_INVALID");
}

TEST(RefusalTest, TheConstantsOfBrokenRulesAreForMachines) {
  Violation first{.field = "a", .rule = "int32.gte_lt", .message = "x"};
  first.constants = {{"gte", "1"}, {"lt", "5"}};
  const Violation second{.field = "b", .rule = "required", .message = "y"};
  const google::rpc::Status status =
      PublicStatus({.reason = Reason::kRequestInvalid, .violations = {first, second}});
  const auto errors = DetailsOf<google::rpc::ErrorInfo>(status);
  ASSERT_EQ(errors.size(), 1u);  // https://google.aip.dev/193: each type once
  const std::map<std::string, std::string> metadata(errors[0].metadata().begin(),
                                                    errors[0].metadata().end());
  const std::map<std::string, std::string> expected = {
      {"rule_0", "int32.gte_lt"}, {"rule_0_gte", "1"}, {"rule_0_lt", "5"}, {"rule_1", "required"}};
  EXPECT_EQ(metadata, expected);
}

// An answer that is too large for a client's bound on metadata would reach it as another error.
TEST(RefusalTest, AnyNumberOfViolationsFitsIntoTheMetadata) {
  Violation large{.field = std::string(10'000, 'f'),
                  .rule = std::string(10'000, 'r'),
                  .message = std::string(2'000, 'm') + "\xc3\xb6"};
  large.constants = {{"in", std::string(10'000, 'c')}};
  for (const size_t count : {1u, 2u, 16u, 1000u}) {
    const google::rpc::Status status = PublicStatus(
        {.reason = Reason::kRequestInvalid, .violations = std::vector<Violation>(count, large)});
    EXPECT_LT(status.ByteSizeLong(), 7'000u);
    const auto bad = DetailsOf<google::rpc::BadRequest>(status);
    ASSERT_EQ(bad.size(), 1u);
    EXPECT_GE(bad[0].field_violations_size(), 1);
    EXPECT_LE(bad[0].field_violations(0).reason().size(), 63u);
  }
  // What is cut stays UTF-8.
  Violation umlauts{.field = "a", .rule = "b", .message = "x"};
  for (int i = 0; i < 1000; ++i) umlauts.message += "\xc3\xb6";
  const auto bad = DetailsOf<google::rpc::BadRequest>(
      PublicStatus({.reason = Reason::kRequestInvalid, .violations = {umlauts}}));
  EXPECT_EQ(bad[0].field_violations(0).description().substr(995), "\xc3\xb6\xc3\xb6... [b]");
}

}  // namespace
}  // namespace warden
