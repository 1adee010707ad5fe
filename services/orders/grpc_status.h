// Abseil's statuses as gRPC's: the codes have the same numbers.
#ifndef WARDEN_SERVICES_ORDERS_GRPC_STATUS_H_
#define WARDEN_SERVICES_ORDERS_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace orders {

inline grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_GRPC_STATUS_H_
