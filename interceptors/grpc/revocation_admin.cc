#include "interceptors/grpc/revocation_admin.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/revocation/revocation_proto.h"
#include "interceptors/guard.h"
#include "interceptors/revocation/operator_log.h"
#include "interceptors/revocation/revocation_control.h"

namespace warden {
namespace {

constexpr size_t kDefaultPage = 100;
constexpr size_t kMostPage = 1000;
// The first letter of a page token, by RevocationSource.
constexpr std::array<char, kRevocationSources> kSourceLetters = {'l', 's'};

// What the caller may know; the rest is for the operator.
grpc::Status ToGrpc(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return grpc::Status::OK;
    case absl::StatusCode::kInvalidArgument:
      return {grpc::StatusCode::INVALID_ARGUMENT, std::string(status.message())};
    case absl::StatusCode::kNotFound:
      return {grpc::StatusCode::NOT_FOUND, "no such revocation"};
    case absl::StatusCode::kResourceExhausted:
      LogForOperator(absl::StrCat("revocation: ", status.message()));
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the list of revocations is full"};
    default:
      LogForOperator(absl::StrCat("revocation: ", status.message()));
      return {grpc::StatusCode::UNAVAILABLE, "the list of revocations cannot be written now"};
  }
}

grpc::Status NoServer() {
  return {grpc::StatusCode::FAILED_PRECONDITION, "registered around warden::ServerBuilder"};
}

// Where a page begins: "" at the beginning, else a source's letter and a position.
bool ReadPageToken(const std::string& token, size_t* source, uint64_t* after) {
  if (token.empty()) return true;
  const auto* const letter = std::find(kSourceLetters.begin(), kSourceLetters.end(), token[0]);
  if (letter == kSourceLetters.end()) return false;
  *source = static_cast<size_t>(letter - kSourceLetters.begin());
  return absl::SimpleAtoi(token.substr(1), after);
}

}  // namespace

void RevocationAdmin::UseGuard(Guard* guard) { control_ = guard->revocation(); }

grpc::Status RevocationAdmin::Revoke(grpc::ServerContext*, const v1::RevokeRequest* request,
                                     v1::RevokeResponse* response) {
  if (control_ == nullptr) return NoServer();
  const absl::Time now = absl::Now();
  v1::Revocation asked = request->revocation();
  asked.clear_revoked_at();  // not the caller's to say
  const absl::StatusOr<Revocation> revocation = FromProto(asked, now);
  if (!revocation.ok()) return ToGrpc(revocation.status());
  if (revocation->expires_at <= now) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "expires_at is over"};
  }
  const absl::StatusOr<Revocation> made = control_->store().Revoke(*revocation, now);
  if (!made.ok()) return ToGrpc(made.status());
  *response->mutable_revocation() = ToProto(*made);
  return grpc::Status::OK;
}

grpc::Status RevocationAdmin::Lift(grpc::ServerContext*, const v1::LiftRequest* request,
                                   v1::LiftResponse*) {
  if (control_ == nullptr) return NoServer();
  const absl::Time now = absl::Now();
  const absl::StatusOr<Revocation> revocation = FromProto(request->revocation(), now);
  if (!revocation.ok()) return ToGrpc(revocation.status());
  return ToGrpc(control_->store().Lift(revocation->key, now));
}

grpc::Status RevocationAdmin::List(grpc::ServerContext*, const v1::ListRequest* request,
                                   v1::ListResponse* response) {
  if (control_ == nullptr) return NoServer();
  size_t source = 0;
  uint64_t after = 0;
  if (!ReadPageToken(request->page_token(), &source, &after)) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "page_token is not one that this method gave"};
  }
  const size_t limit =
      request->page_size() == 0 ? kDefaultPage : std::min<size_t>(request->page_size(), kMostPage);
  const RevocationPage page =
      control_->list().List(static_cast<RevocationSource>(source), after, limit);
  for (const Revocation& revocation : page.revocations) {
    v1::ListedRevocation* const listed = response->add_revocations();
    *listed->mutable_revocation() = ToProto(revocation);
    listed->set_source(static_cast<RevocationSource>(source) == RevocationSource::kShared
                           ? v1::ListedRevocation::SHARED
                           : v1::ListedRevocation::LOCAL);
  }
  if (page.next != 0) {
    response->set_next_page_token(absl::StrCat(std::string(1, kSourceLetters[source]), page.next));
  } else if (source + 1 < kRevocationSources && control_->shared()) {
    response->set_next_page_token(std::string(1, kSourceLetters[source + 1]) + "0");
  }
  return grpc::Status::OK;
}

}  // namespace warden
