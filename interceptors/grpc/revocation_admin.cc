#include "interceptors/grpc/revocation_admin.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/revocation/revocation_proto.h"
#include "interceptors/grpc/admin_list.h"
#include "interceptors/guard.h"
#include "interceptors/revocation/revocation_control.h"

namespace warden {
namespace {

constexpr AdminListWords kWords = {"revocation", "revocation", "list of revocations"};
// The first letter of a page token, by RevocationSource. The position behind it is a number.
constexpr std::string_view kSourceLetters = "ls";
static_assert(kSourceLetters.size() == kRevocationSources);

grpc::Status ToGrpc(const absl::Status& status) { return AdminStatus(status, kWords); }

grpc::Status NoServer() {
  return {grpc::StatusCode::FAILED_PRECONDITION, "registered around warden::ServerBuilder"};
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
  if (!revocation.ok()) return BadEntry(revocation.status());
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
  if (!revocation.ok()) return BadEntry(revocation.status());
  return ToGrpc(control_->store().Lift(revocation->key, now));
}

grpc::Status RevocationAdmin::List(grpc::ServerContext*, const v1::ListRequest* request,
                                   v1::ListResponse* response) {
  if (control_ == nullptr) return NoServer();
  const std::optional<AdminPlace> place = ReadPageToken(request->page_token(), kSourceLetters);
  uint64_t after = 0;
  if (!place.has_value() ||
      (!request->page_token().empty() && !absl::SimpleAtoi(place->after, &after))) {
    return BadPageToken();
  }
  const auto source = static_cast<RevocationSource>(place->source);
  const RevocationPage page =
      control_->list().List(source, after, AdminPageSize(request->page_size()));
  for (const Revocation& revocation : page.revocations) {
    v1::ListedRevocation* const listed = response->add_revocations();
    *listed->mutable_revocation() = ToProto(revocation);
    listed->set_source(source == RevocationSource::kShared ? v1::ListedRevocation::SHARED
                                                           : v1::ListedRevocation::LOCAL);
  }
  if (page.next != 0) {
    response->set_next_page_token(
        absl::StrCat(std::string(1, kSourceLetters[place->source]), page.next));
  } else if (place->source + 1 < kRevocationSources && control_->shared()) {
    response->set_next_page_token(std::string(1, kSourceLetters[place->source + 1]) + "0");
  }
  return grpc::Status::OK;
}

}  // namespace warden
