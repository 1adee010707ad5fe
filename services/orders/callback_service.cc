#include "services/orders/callback_service.h"

#include <utility>

#include "interceptors/grpc/caller.h"
#include "services/orders/grpc_status.h"
#include "services/orders/reactors.h"

namespace orders {
namespace {

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

template <typename T>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, absl::StatusOr<T> result,
                                 T* response) {
  if (!result.ok()) return Finish(context, ToGrpc(result.status()));
  *response = *std::move(result);
  return Finish(context, grpc::Status::OK);
}

}  // namespace

grpc::ServerUnaryReactor* CallbackOrderService::GetStatus(grpc::CallbackServerContext* context,
                                                          const v1::GetStatusRequest*,
                                                          v1::GetStatusResponse* response) {
  *response = book_.GetStatus("callback");
  return Finish(context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* CallbackOrderService::WhoAmI(grpc::CallbackServerContext* context,
                                                       const v1::WhoAmIRequest*,
                                                       v1::WhoAmIResponse* response) {
  *response = OrderBook::WhoAmI(*warden::CallerOf(context));
  return Finish(context, grpc::Status::OK);
}

grpc::ServerUnaryReactor* CallbackOrderService::CreateOrder(grpc::CallbackServerContext* context,
                                                            const v1::CreateOrderRequest* request,
                                                            v1::Order* response) {
  return Answer(context, book_.Create(*warden::CallerOf(context), *request), response);
}

grpc::ServerUnaryReactor* CallbackOrderService::GetOrder(grpc::CallbackServerContext* context,
                                                         const v1::GetOrderRequest* request,
                                                         v1::Order* response) {
  return Answer(context, book_.Get(*warden::CallerOf(context), *request), response);
}

grpc::ServerUnaryReactor* CallbackOrderService::CancelOrder(grpc::CallbackServerContext* context,
                                                            const v1::CancelOrderRequest* request,
                                                            v1::Order* response) {
  return Answer(context, book_.Cancel(*warden::CallerOf(context), *request), response);
}

grpc::ServerWriteReactor<v1::Order>* CallbackOrderService::ListOrders(
    grpc::CallbackServerContext* context, const v1::ListOrdersRequest* request) {
  return NewListReactor(book_.List(*warden::CallerOf(context), *request));
}

grpc::ServerWriteReactor<v1::OrderEvent>* CallbackOrderService::WatchOrders(
    grpc::CallbackServerContext* context, const v1::WatchOrdersRequest* request) {
  return NewWatchReactor(book_, *warden::CallerOf(context), *request);
}

grpc::ServerReadReactor<v1::ImportOrdersRequest>* CallbackOrderService::ImportOrders(
    grpc::CallbackServerContext* context, v1::ImportOrdersResponse* response) {
  return NewImportReactor(book_, *warden::CallerOf(context), response);
}

grpc::ServerBidiReactor<v1::TrackOrdersRequest, v1::TrackOrdersResponse>*
CallbackOrderService::TrackOrders(grpc::CallbackServerContext* context) {
  return NewTrackReactor(book_, warden::CallerOf(context));
}

}  // namespace orders
