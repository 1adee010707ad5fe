// Blocks callers while the server runs: the service of warden/v1/abuse_admin.proto.
//
//   warden::BlockAdmin admin;
//   builder.RegisterService(&admin);   // a warden::ServerBuilder
//
// Its methods need the permission `warden.blocks.manage`, which a role of the policy has to give,
// and the configuration's `abuse`, which may be empty.
#ifndef WARDEN_INTERCEPTORS_GRPC_BLOCK_ADMIN_H_
#define WARDEN_INTERCEPTORS_GRPC_BLOCK_ADMIN_H_

#include <memory>

#include "interceptors/grpc/guard_user.h"
#include "warden/v1/abuse_admin.grpc.pb.h"

namespace warden {

class AbuseControl;

// Thread-safe. Of the sync API, since it waits for Redis. For one server.
class BlockAdmin final : public v1::BlockAdmin::Service, public GuardUser {
 public:
  void UseGuard(Guard* guard) override;

  grpc::Status ListBlocks(grpc::ServerContext* context, const v1::ListBlocksRequest* request,
                          v1::ListBlocksResponse* response) override;
  grpc::Status Block(grpc::ServerContext* context, const v1::BlockRequest* request,
                     v1::BlockResponse* response) override;
  grpc::Status Lift(grpc::ServerContext* context, const v1::LiftBlockRequest* request,
                    v1::LiftBlockResponse* response) override;

 private:
  std::shared_ptr<AbuseControl> abuse_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_BLOCK_ADMIN_H_
