#include "interceptors/abuse/failure_kind.h"

#include <gtest/gtest.h>

namespace warden {
namespace {

// What is ours, or a store's, or a limit's own doing must never be held against a caller.
TEST(FailureKindTest, OurFailuresAreNotTheCallers) {
  for (const Reason reason :
       {Reason::kOk, Reason::kInternal, Reason::kCredentialsUnavailable,
        Reason::kPeerRevocationUnknown, Reason::kLimitUnavailable, Reason::kAuditUnavailable,
        Reason::kConditionError, Reason::kResponseInvalid, Reason::kResponseTooLarge,
        Reason::kResponseLeak, Reason::kBlocked, Reason::kConnectionLimited, Reason::kRateLimited,
        Reason::kFailureLimited, Reason::kConcurrencyLimited, Reason::kStreamQuota}) {
    EXPECT_EQ(FailureKindOf(reason), FailureKind::kNone) << InfoOf(reason).label;
    EXPECT_FALSE(IsCallersDoing(reason)) << InfoOf(reason).label;
  }
}

TEST(FailureKindTest, WhatHonestCallersMeetEveryDayIsNoFailure) {
  for (const Reason reason :
       {Reason::kTokenKeyUnknown, Reason::kTokenExpired, Reason::kApiKeyExpired,
        Reason::kCredentialsMissing, Reason::kStepUpRequired, Reason::kCredentialsNotAccepted}) {
    EXPECT_EQ(FailureKindOf(reason), FailureKind::kNone) << InfoOf(reason).label;
    EXPECT_TRUE(IsCallersDoing(reason)) << InfoOf(reason).label;
  }
}

TEST(FailureKindTest, RefusalsOfCallersAreOfTheirKind) {
  EXPECT_EQ(FailureKindOf(Reason::kTokenSignature), FailureKind::kCredentials);
  EXPECT_EQ(FailureKindOf(Reason::kApiKeyUnknown), FailureKind::kCredentials);
  EXPECT_EQ(FailureKindOf(Reason::kPermissionDenied), FailureKind::kDenied);
  EXPECT_EQ(FailureKindOf(Reason::kRequestInvalid), FailureKind::kInvalid);
  EXPECT_TRUE(IsInvalidInput(Reason::kRequestShape));
  EXPECT_FALSE(IsInvalidInput(Reason::kPermissionDenied));
}

}  // namespace
}  // namespace warden
