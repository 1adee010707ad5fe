#include "services/orders/sync_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "interceptors/grpc/caller.h"
#include "services/orders/grpc_status.h"

namespace orders {
namespace {

// How soon a watching thread notices that its call was cancelled: gRPC tells a synchronous handler
// only when asked.
constexpr absl::Duration kCancellationPoll = absl::Milliseconds(100);

template <typename T>
grpc::Status Answer(absl::StatusOr<T> result, T* response) {
  if (!result.ok()) return ToGrpc(result.status());
  *response = *std::move(result);
  return grpc::Status::OK;
}

// Lets the handler's thread wait for what other threads publish.
class BlockingWatcher : public Watcher {
 public:
  explicit BlockingWatcher(WatchScope scope) : backlog_(std::move(scope)) {}

  void OnUpdate(const OrderUpdate& update) override {
    absl::MutexLock lock(&mutex_);
    backlog_.Add(update);
  }

  struct Step {
    std::optional<v1::OrderEvent> event;
    std::optional<absl::Status> end;  // neither: nothing happened in time
  };

  Step Next(absl::Duration patience) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](WatchBacklog* backlog) { return backlog->Ready(); }, &backlog_),
                            patience);
    Step step;
    step.event = backlog_.Next();
    if (!step.event.has_value()) step.end = backlog_.End();
    return step;
  }

 private:
  absl::Mutex mutex_;
  WatchBacklog backlog_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::Status SyncOrderService::GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                                         v1::GetStatusResponse* response) {
  *response = book_.GetStatus("sync");
  return grpc::Status::OK;
}

grpc::Status SyncOrderService::WhoAmI(grpc::ServerContext* context, const v1::WhoAmIRequest*,
                                      v1::WhoAmIResponse* response) {
  *response = OrderBook::WhoAmI(*warden::CallerOf(context));
  return grpc::Status::OK;
}

grpc::Status SyncOrderService::CreateOrder(grpc::ServerContext* context,
                                           const v1::CreateOrderRequest* request,
                                           v1::Order* response) {
  return Answer(book_.Create(*warden::CallerOf(context), *request), response);
}

grpc::Status SyncOrderService::GetOrder(grpc::ServerContext* context,
                                        const v1::GetOrderRequest* request, v1::Order* response) {
  return Answer(book_.Get(*warden::CallerOf(context), *request), response);
}

grpc::Status SyncOrderService::CancelOrder(grpc::ServerContext* context,
                                           const v1::CancelOrderRequest* request,
                                           v1::Order* response) {
  return Answer(book_.Cancel(*warden::CallerOf(context), *request), response);
}

grpc::Status SyncOrderService::ListOrders(grpc::ServerContext* context,
                                          const v1::ListOrdersRequest* request,
                                          grpc::ServerWriter<v1::Order>* writer) {
  const auto found = book_.List(*warden::CallerOf(context), *request);
  if (!found.ok()) return ToGrpc(found.status());
  for (const v1::Order& order : *found) {
    if (!writer->Write(order)) return {grpc::StatusCode::CANCELLED, "the caller went away"};
  }
  return grpc::Status::OK;
}

grpc::Status SyncOrderService::WatchOrders(grpc::ServerContext* context,
                                           const v1::WatchOrdersRequest* request,
                                           grpc::ServerWriter<v1::OrderEvent>* writer) {
  const auto scope = book_.Watch(*warden::CallerOf(context), *request);
  if (!scope.ok()) return ToGrpc(scope.status());
  const auto watcher = std::make_shared<BlockingWatcher>(*scope);
  const absl::Status subscribed = book_.Subscribe(watcher, *scope, request->include_existing());
  if (!subscribed.ok()) return ToGrpc(subscribed);
  // The caller learns that the watch has begun, even if nothing happens for a long time.
  writer->SendInitialMetadata();
  while (!context->IsCancelled()) {
    const BlockingWatcher::Step step = watcher->Next(kCancellationPoll);
    if (step.end.has_value()) return ToGrpc(*step.end);
    if (step.event.has_value() && !writer->Write(*step.event)) break;
  }
  return {grpc::StatusCode::CANCELLED, "the caller went away"};
}

grpc::Status SyncOrderService::ImportOrders(grpc::ServerContext* context,
                                            grpc::ServerReader<v1::ImportOrdersRequest>* reader,
                                            v1::ImportOrdersResponse* response) {
  OrderBook::Import import(book_, *warden::CallerOf(context));
  v1::ImportOrdersRequest request;
  while (reader->Read(&request)) {
    if (const absl::Status status = import.Add(request); !status.ok()) return ToGrpc(status);
  }
  return Answer(import.Commit(), response);
}

grpc::Status SyncOrderService::TrackOrders(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::TrackOrdersResponse, v1::TrackOrdersRequest>* stream) {
  const std::shared_ptr<const warden::Principal> caller = warden::CallerOf(context);
  v1::TrackOrdersRequest request;
  while (stream->Read(&request)) {
    if (!stream->Write(book_.Track(*caller, request))) break;
  }
  return grpc::Status::OK;
}

}  // namespace orders
