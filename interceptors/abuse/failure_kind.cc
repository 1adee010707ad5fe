#include "interceptors/abuse/failure_kind.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

constexpr std::array<std::string_view, kFailureKinds> kNames = {"none", "credentials", "denied",
                                                                "invalid", "handler"};

// By their numbers, https://grpc.github.io/grpc/core/md_doc_statuscodes.html.
constexpr std::array<std::string_view, 17> kCodes = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

const v1::FailurePolicy& PolicyOf(const google::protobuf::MethodDescriptor& method) {
  if (method.options().HasExtension(v1::failures)) {
    return method.options().GetExtension(v1::failures);
  }
  if (method.service()->options().HasExtension(v1::service_failures)) {
    return method.service()->options().GetExtension(v1::service_failures);
  }
  return method.file()->options().GetExtension(v1::file_failures);
}

}  // namespace

std::string_view ToString(FailureKind kind) { return kNames[static_cast<size_t>(kind)]; }

FailureKind FailureKindOf(Reason reason) {
  switch (reason) {
    case Reason::kPeerCertificateMissing:
    case Reason::kPeerCertificateInvalid:
    case Reason::kPeerNotTrusted:
    case Reason::kPeerRevoked:
    case Reason::kForwardedIdentityInvalid:
    case Reason::kCredentialsMalformed:
    case Reason::kCredentialsAmbiguous:
    case Reason::kTokenTooLarge:
    case Reason::kTokenMalformed:
    case Reason::kTokenAlgorithm:
    case Reason::kTokenSignature:
    case Reason::kTokenIssuer:
    case Reason::kTokenAudience:
    case Reason::kTokenClaims:
    case Reason::kTokenOther:
    case Reason::kTokenInactive:
    case Reason::kTokenRevoked:
    case Reason::kTokenBinding:
    case Reason::kTokenPeerMismatch:
    case Reason::kApiKeyUnknown:
    case Reason::kApiKeyRevoked:
    case Reason::kSignatureMalformed:
    case Reason::kSignatureInvalid:
    case Reason::kSignatureReplayed:
      return FailureKind::kCredentials;
    case Reason::kPermissionDenied:
    case Reason::kConditionFailed:
    case Reason::kPolicyDenied:
    case Reason::kFieldNotWritable:
      return FailureKind::kDenied;
    case Reason::kRequestMalformed:
    case Reason::kRequestInvalid:
    case Reason::kRequestTooLarge:
    case Reason::kRequestShape:
      return FailureKind::kInvalid;
    default:
      return FailureKind::kNone;
  }
}

bool IsCallersDoing(Reason reason) {
  switch (reason) {
    case Reason::kMethodUnknown:
    case Reason::kMethodUnguarded:
    case Reason::kCredentialsMissing:
    case Reason::kCredentialsNotAccepted:
    case Reason::kTokenKeyUnknown:
    case Reason::kTokenExpired:
    case Reason::kApiKeyExpired:
    case Reason::kStepUpRequired:
    case Reason::kSignatureMissing:
      return true;
    default:
      return FailureKindOf(reason) != FailureKind::kNone;
  }
}

absl::StatusOr<uint32_t> ResolveFailureCodes(const google::protobuf::MethodDescriptor& method) {
  uint32_t bits = 0;
  for (const std::string& code : PolicyOf(method).codes()) {
    const auto* const found = std::find(kCodes.begin(), kCodes.end(), code);
    if (found == kCodes.end() || found == kCodes.begin()) {
      return absl::InvalidArgumentError(
          absl::StrCat("(warden.v1.failures).codes: `", code,
                       "` is no status code that says that a call failed, such as "
                       "UNAUTHENTICATED"));
    }
    bits |= 1U << (found - kCodes.begin());
  }
  return bits;
}

}  // namespace warden
