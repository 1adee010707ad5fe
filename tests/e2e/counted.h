// Compares what a world has counted before a call with what it has after it.
#ifndef WARDEN_TESTS_E2E_COUNTED_H_
#define WARDEN_TESTS_E2E_COUNTED_H_

#include <grpcpp/support/status.h>

#include <map>
#include <string>

#include "tests/e2e/raw_call.h"
#include "tests/e2e/world.h"

namespace warden::testing {

// What a refusal is to the client, and to the operator.
struct Refused {
  grpc::StatusCode code;
  std::string reason;  // ErrorInfo
  std::string label;   // of metrics and records
};

inline Refused BadCredentials(const std::string& label) {
  return {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_INVALID", label};
}
inline Refused BadPeer(const std::string& label) {
  return {grpc::StatusCode::UNAUTHENTICATED, "PEER_NOT_ACCEPTED", label};
}
inline const Refused kNoCredentials = {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_MISSING",
                                       "credentials_missing"};
inline const Refused kDenied = {grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED",
                                "permission_denied"};
inline const Refused kLimited = {grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED",
                                 "rate_limited"};
inline const Refused kInvalid = {grpc::StatusCode::INVALID_ARGUMENT, "REQUEST_INVALID",
                                 "request_invalid"};
inline const Refused kUnreadable = {grpc::StatusCode::INVALID_ARGUMENT, "REQUEST_MALFORMED",
                                    "request_malformed"};
inline const Refused kUnknownMethod = {grpc::StatusCode::UNIMPLEMENTED, "METHOD_UNKNOWN",
                                       "method_unknown"};
inline const Refused kTooMuchMetadata = {grpc::StatusCode::RESOURCE_EXHAUSTED, "METADATA_TOO_LARGE",
                                         "metadata_too_large"};

// Made before a call. The Expect functions add test failures where anything but this one call has
// been counted since. REQUIRES: nobody else calls the world in between.
class Counted {
 public:
  explicit Counted(World& world);

  // `method` is of the probe, "unknown", or a full name. The answer carries code, reason and
  // request id; one decision and one record were made, which name method, reason and request id; no
  // handler ran.
  void ExpectRefused(const std::string& method, const Answer& answer, const Refused& as) const;
  // One decision, no record, one run.
  void ExpectAllowed(const std::string& method, const Answer& answer) const;
  // The call ended before it became one: no decision, no record, no run.
  void ExpectNothing() const;
  // As ExpectRefused, of calls whose answer was not read. `times` records.
  void ExpectRefusedUnseen(const std::string& method, const std::string& label,
                           int times = 1) const;

 private:
  // warden_decisions_total by "method reason", without what has not changed.
  std::map<std::string, double> NewDecisions() const;

  World& world_;
  const int runs_;
  const size_t records_;
  const std::map<std::string, double> decisions_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_COUNTED_H_
