#include "services/orders/reactors.h"

#include <cstddef>
#include <utility>

#include "services/orders/grpc_status.h"

namespace orders {
namespace {

class ListReactor : public grpc::ServerWriteReactor<v1::Order> {
 public:
  explicit ListReactor(absl::StatusOr<std::vector<v1::Order>> orders) {
    if (orders.ok()) {
      orders_ = *std::move(orders);
      WriteNext();
    } else {
      Finish(ToGrpc(orders.status()));
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::CANCELLED, "the caller went away"});
    WriteNext();
  }
  void OnDone() override { delete this; }

 private:
  void WriteNext() {
    if (next_ == orders_.size()) return Finish(grpc::Status::OK);
    StartWrite(&orders_[next_++]);
  }

  std::vector<v1::Order> orders_;
  size_t next_ = 0;
};

class ImportReactor : public grpc::ServerReadReactor<v1::ImportOrdersRequest> {
 public:
  ImportReactor(OrderBook& book, const warden::Principal& caller,
                v1::ImportOrdersResponse* response)
      : import_(book, caller), response_(*response) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Commit();
    if (const absl::Status status = import_.Add(request_); !status.ok()) {
      return Finish(ToGrpc(status));
    }
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  void Commit() {
    absl::StatusOr<v1::ImportOrdersResponse> done = import_.Commit();
    if (!done.ok()) return Finish(ToGrpc(done.status()));
    response_ = *std::move(done);
    Finish(grpc::Status::OK);
  }

  OrderBook::Import import_;
  v1::ImportOrdersResponse& response_;
  v1::ImportOrdersRequest request_;
};

class TrackReactor
    : public grpc::ServerBidiReactor<v1::TrackOrdersRequest, v1::TrackOrdersResponse> {
 public:
  TrackReactor(OrderBook& book, std::shared_ptr<const warden::Principal> caller)
      : book_(book), caller_(std::move(caller)) {
    StartRead(&request_);
  }

  // One question at a time: the next is read when this one's answer is on its way.
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_ = book_.Track(*caller_, request_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::CANCELLED, "the caller went away"});
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  OrderBook& book_;
  const std::shared_ptr<const warden::Principal> caller_;
  v1::TrackOrdersRequest request_;
  v1::TrackOrdersResponse response_;
};

}  // namespace

grpc::ServerWriteReactor<v1::Order>* NewListReactor(absl::StatusOr<std::vector<v1::Order>> orders) {
  return new ListReactor(std::move(orders));
}

grpc::ServerReadReactor<v1::ImportOrdersRequest>* NewImportReactor(
    OrderBook& book, const warden::Principal& caller, v1::ImportOrdersResponse* response) {
  return new ImportReactor(book, caller, response);
}

grpc::ServerBidiReactor<v1::TrackOrdersRequest, v1::TrackOrdersResponse>* NewTrackReactor(
    OrderBook& book, std::shared_ptr<const warden::Principal> caller) {
  return new TrackReactor(book, std::move(caller));
}

}  // namespace orders
