#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/orders/grpc_status.h"
#include "services/orders/reactors.h"

namespace orders {
namespace {

// Woken by three kinds of threads: those that publish, gRPC's when a write is done, gRPC's when the
// call is cancelled. At most one operation is under way at a time, and the call is finished only
// when none is; that is what `busy_` says. gRPC is called without the lock, because it may call
// back in the same thread.
class WatchReactor : public grpc::ServerWriteReactor<v1::OrderEvent>, public Watcher {
 public:
  explicit WatchReactor(WatchScope scope) : backlog_(std::move(scope)) {}

  // Owns itself until the call is over; a publisher may hold it a little longer.
  void Own(std::shared_ptr<WatchReactor> self) { self_ = std::move(self); }

  // The caller learns that the watch has begun, even if nothing happens for a long time.
  void Begin() { StartSendInitialMetadata(); }

  // Ends a call that could not begin.
  void Refuse(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      finished_ = true;
    }
    Finish(ToGrpc(status));
  }

  void OnUpdate(const OrderUpdate& update) override {
    {
      absl::MutexLock lock(&mutex_);
      if (finished_) return;
      backlog_.Add(update);
    }
    Advance();
  }

  void OnSendInitialMetadataDone(bool ok) override { OnWriteDone(ok); }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      busy_ = false;
      if (!ok) cancelled_ = true;
    }
    Advance();
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
    }
    Advance();
  }

  void OnDone() override { self_.reset(); }  // may delete this

 private:
  // Starts the next write, or finishes, if nothing is under way.
  void Advance() {
    std::optional<grpc::Status> end;
    {
      absl::MutexLock lock(&mutex_);
      if (busy_ || finished_) return;
      end = EndLocked();
      if (end.has_value()) {
        finished_ = true;
      } else {
        std::optional<v1::OrderEvent> next = backlog_.Next();
        if (!next.has_value()) return;
        sending_ = *std::move(next);
        busy_ = true;
      }
    }
    // Nobody else gets here until this operation is done, so `sending_` and the reactor stay.
    if (end.has_value()) return Finish(*end);
    StartWrite(&sending_);
  }

  std::optional<grpc::Status> EndLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (cancelled_) return grpc::Status(grpc::StatusCode::CANCELLED, "the caller went away");
    const std::optional<absl::Status> end = backlog_.End();
    if (!end.has_value()) return std::nullopt;
    return ToGrpc(*end);
  }

  absl::Mutex mutex_;
  WatchBacklog backlog_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = true;  // until the initial metadata is sent
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  v1::OrderEvent sending_;  // belongs to the write under way
  std::shared_ptr<WatchReactor> self_;
};

}  // namespace

grpc::ServerWriteReactor<v1::OrderEvent>* NewWatchReactor(OrderBook& book,
                                                          const warden::Principal& caller,
                                                          const v1::WatchOrdersRequest& request) {
  absl::StatusOr<WatchScope> scope = book.Watch(caller, request);
  const absl::Status scope_status = scope.status();
  const WatchScope wanted = scope.ok() ? *scope : WatchScope{};
  const auto reactor = std::make_shared<WatchReactor>(wanted);
  reactor->Own(reactor);
  absl::Status status = scope_status;
  if (status.ok()) status = book.Subscribe(reactor, wanted, request.include_existing());
  if (status.ok()) {
    reactor->Begin();
  } else {
    reactor->Refuse(status);
  }
  return reactor.get();
}

}  // namespace orders
