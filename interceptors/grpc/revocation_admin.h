// Revokes while the server runs: the service of warden/v1/revocation_admin.proto.
//
//   warden::RevocationAdmin admin;
//   builder.RegisterService(&admin);   // a warden::ServerBuilder
//
// Its methods need the permissions `warden.revocations.write` and `warden.revocations.read`, which
// a role of the policy has to give.
#ifndef WARDEN_INTERCEPTORS_GRPC_REVOCATION_ADMIN_H_
#define WARDEN_INTERCEPTORS_GRPC_REVOCATION_ADMIN_H_

#include <memory>

#include "interceptors/grpc/guard_user.h"
#include "warden/v1/revocation_admin.grpc.pb.h"

namespace warden {

class RevocationControl;

// Thread-safe. Of the sync API, since it waits for the store: a file or Redis. For one server.
class RevocationAdmin final : public v1::RevocationAdmin::Service, public GuardUser {
 public:
  void UseGuard(Guard* guard) override;

  grpc::Status Revoke(grpc::ServerContext* context, const v1::RevokeRequest* request,
                      v1::RevokeResponse* response) override;
  grpc::Status Lift(grpc::ServerContext* context, const v1::LiftRequest* request,
                    v1::LiftResponse* response) override;
  grpc::Status List(grpc::ServerContext* context, const v1::ListRequest* request,
                    v1::ListResponse* response) override;

 private:
  std::shared_ptr<RevocationControl> control_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_REVOCATION_ADMIN_H_
