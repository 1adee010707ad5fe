// The streams of the order service on gRPC's callback API. Each function makes a reactor that
// deletes itself when its call is over.
#ifndef WARDEN_SERVICES_ORDERS_REACTORS_H_
#define WARDEN_SERVICES_ORDERS_REACTORS_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/principal.h"
#include "orders/v1/orders.pb.h"
#include "services/orders/order_book.h"

namespace orders {

// Writes the orders, or ends the call with the error.
grpc::ServerWriteReactor<v1::Order>* NewListReactor(absl::StatusOr<std::vector<v1::Order>> orders);

// `book` must outlive the reactor; so below.
grpc::ServerWriteReactor<v1::OrderEvent>* NewWatchReactor(OrderBook& book,
                                                          const warden::Principal& caller,
                                                          const v1::WatchOrdersRequest& request);

grpc::ServerReadReactor<v1::ImportOrdersRequest>* NewImportReactor(
    OrderBook& book, const warden::Principal& caller, v1::ImportOrdersResponse* response);

grpc::ServerBidiReactor<v1::TrackOrdersRequest, v1::TrackOrdersResponse>* NewTrackReactor(
    OrderBook& book, std::shared_ptr<const warden::Principal> caller);

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_REACTORS_H_
