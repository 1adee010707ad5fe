// The order service on gRPC's synchronous API: one thread for each call in progress.
#ifndef WARDEN_SERVICES_ORDERS_SYNC_SERVICE_H_
#define WARDEN_SERVICES_ORDERS_SYNC_SERVICE_H_

#include "orders/v1/orders.grpc.pb.h"
#include "services/orders/order_book.h"

namespace orders {

// Thread-safe. Register it with warden::ServerBuilder: the handlers rely on every call having been
// checked.
class SyncOrderService final : public v1::OrderService::Service {
 public:
  // `book` must outlive the service.
  explicit SyncOrderService(OrderBook* book) : book_(*book) {}

  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;
  grpc::Status WhoAmI(grpc::ServerContext* context, const v1::WhoAmIRequest* request,
                      v1::WhoAmIResponse* response) override;
  grpc::Status CreateOrder(grpc::ServerContext* context, const v1::CreateOrderRequest* request,
                           v1::Order* response) override;
  grpc::Status GetOrder(grpc::ServerContext* context, const v1::GetOrderRequest* request,
                        v1::Order* response) override;
  grpc::Status CancelOrder(grpc::ServerContext* context, const v1::CancelOrderRequest* request,
                           v1::Order* response) override;
  grpc::Status ListOrders(grpc::ServerContext* context, const v1::ListOrdersRequest* request,
                          grpc::ServerWriter<v1::Order>* writer) override;
  grpc::Status WatchOrders(grpc::ServerContext* context, const v1::WatchOrdersRequest* request,
                           grpc::ServerWriter<v1::OrderEvent>* writer) override;
  grpc::Status ImportOrders(grpc::ServerContext* context,
                            grpc::ServerReader<v1::ImportOrdersRequest>* reader,
                            v1::ImportOrdersResponse* response) override;
  grpc::Status TrackOrders(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::TrackOrdersResponse, v1::TrackOrdersRequest>* stream) override;

 private:
  OrderBook& book_;
};

}  // namespace orders

#endif  // WARDEN_SERVICES_ORDERS_SYNC_SERVICE_H_
