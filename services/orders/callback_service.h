// The order service on gRPC's callback API: no thread waits for a call in progress.
#ifndef WARDEN_SERVICES_ORDERS_CALLBACK_SERVICE_H_
#define WARDEN_SERVICES_ORDERS_CALLBACK_SERVICE_H_

#include "orders/v1/orders.grpc.pb.h"
#include "services/orders/order_book.h"

namespace orders {

// Thread-safe. Register it with warden::ServerBuilder: the handlers rely on every call having been
// checked.
class CallbackOrderService final : public v1::OrderService::CallbackService {
 public:
  // `book` must outlive the service and its calls.
  explicit CallbackOrderService(OrderBook* book) : book_(*book) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context,
                                   const v1::WhoAmIRequest* request,
                                   v1::WhoAmIResponse* response) override;
  grpc::ServerUnaryReactor* CreateOrder(grpc::CallbackServerContext* context,
                                        const v1::CreateOrderRequest* request,
                                        v1::Order* response) override;
  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const v1::GetOrderRequest* request,
                                     v1::Order* response) override;
  grpc::ServerUnaryReactor* CancelOrder(grpc::CallbackServerContext* context,
                                        const v1::CancelOrderRequest* request,
                                        v1::Order* response) override;
  grpc::ServerWriteReactor<v1::Order>* ListOrders(grpc::CallbackServerContext* context,
                                                  const v1::ListOrdersRequest* request) override;
  grpc::ServerWriteReactor<v1::OrderEvent>* WatchOrders(
      grpc::CallbackServerContext* context, const v1::WatchOrdersRequest* request) override;
  grpc::ServerReadReactor<v1::ImportOrdersRequest>* ImportOrders(
      grpc::CallbackServerContext* context, v1::ImportOrdersResponse* response) override;
  grpc::ServerBidiReactor<v1::TrackOrdersRequest, v1::TrackOrdersResponse>* TrackOrders(
      grpc::CallbackServerContext* context) override;

 private:
  OrderBook& book_;
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_CALLBACK_SERVICE_H_
