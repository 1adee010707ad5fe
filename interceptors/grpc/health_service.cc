#include "interceptors/grpc/health_service.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include <optional>
#include <utility>

namespace warden {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

constexpr int kMaxRequestBytes = 4096;
constexpr uint32_t kServiceTag = (1 << 3) | 2;  // string service = 1

// HealthCheckRequest.service; nullopt for what is no such message.
std::optional<std::string> ReadRequest(const grpc::ByteBuffer& request) {
  if (request.Length() > kMaxRequestBytes) return std::nullopt;
  grpc::Slice bytes;
  if (request.Length() > 0 && !request.DumpToSingleSlice(&bytes).ok()) return std::nullopt;
  CodedInputStream input(bytes.begin(), static_cast<int>(bytes.size()));
  std::string service;
  while (const uint32_t tag = input.ReadTag()) {
    const bool read = tag == kServiceTag ? WireFormatLite::ReadBytes(&input, &service)
                                         : WireFormatLite::SkipField(&input, tag);
    if (!read) return std::nullopt;
  }
  if (!input.ConsumedEntireMessage()) return std::nullopt;
  return service;
}

}  // namespace

// One call of Watch. Deletes itself when gRPC is done with it.
class HealthService::Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Watch(HealthService* owner, std::string service) : owner_(owner), service_(std::move(service)) {}
  // Refused at once.
  explicit Watch(const grpc::Status& status) : owner_(nullptr) { Finish(status); }

  const std::string& service() const { return service_; }

  void Tell(HealthService::Status status) {
    MutexLock lock(&mutex_);
    wanted_ = status;
    GoOn();
  }
  void End(const grpc::Status& status) {
    MutexLock lock(&mutex_);
    if (!end_.has_value()) end_ = status;
    GoOn();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !end_.has_value()) end_ = grpc::Status::CANCELLED;
    GoOn();
  }
  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override {
    if (owner_ != nullptr) owner_->Forget(this);
    delete this;
  }

 private:
  // What was last wanted is written before the end is; what came between is left out.
  void GoOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (owner_ == nullptr || writing_ || finished_) return;
    if (wanted_ != sent_) {
      sent_ = wanted_;
      message_ = Encode(*wanted_);
      writing_ = true;
      StartWrite(&message_);
    } else if (end_.has_value()) {
      finished_ = true;
      Finish(*end_);
    }
  }

  HealthService* const owner_;
  const std::string service_;
  Mutex mutex_;
  std::optional<HealthService::Status> wanted_ ABSL_GUARDED_BY(mutex_);
  std::optional<HealthService::Status> sent_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer message_;  // of the write under way
};

HealthService::HealthService(std::shared_ptr<HealthRegistry> registry,
                             const std::vector<std::string>& services)
    : registry_(std::move(registry)) {
  for (const std::string& service : services) services_[service] = true;
  AddMethod(new RpcServiceMethod(kHealthCheckMethod, RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodRawCallback(
      0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
             [this](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                    grpc::ByteBuffer* response) { return OnCheck(context, request, response); }));
  AddMethod(new RpcServiceMethod(kHealthWatchMethod, RpcMethod::SERVER_STREAMING, nullptr));
  MarkMethodRawCallback(
      1, new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
             [this](grpc::CallbackServerContext*, const grpc::ByteBuffer* request) {
               return OnWatch(request);
             }));
}

// gRPC's server has waited for every call when it goes, before its services do.
HealthService::~HealthService() = default;

bool HealthService::SetServing(std::string_view service, bool serving) {
  MutexLock lock(&mutex_);
  const auto found = services_.find(absl::string_view(service.data(), service.size()));
  if (found == services_.end()) return false;
  found->second = serving;
  TellAll();
  return true;
}

void HealthService::Publish(bool ready) {
  MutexLock lock(&mutex_);
  if (ready_ == ready) return;
  ready_ = ready;
  TellAll();
}

void HealthService::EndWatches() {
  MutexLock lock(&mutex_);
  ended_ = true;
  for (Watch* watch : watches_) {
    watch->End({grpc::StatusCode::UNAVAILABLE, "the server is shutting down"});
  }
}

HealthService::Status HealthService::StatusOf(const std::string& service) const {
  if (service.empty()) return ready_ ? Status::kServing : Status::kNotServing;
  const auto found = services_.find(service);
  if (found == services_.end()) return Status::kServiceUnknown;
  return ready_ && found->second ? Status::kServing : Status::kNotServing;
}

void HealthService::TellAll() {
  for (Watch* watch : watches_) watch->Tell(StatusOf(watch->service()));
}

grpc::ServerUnaryReactor* HealthService::OnCheck(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const std::optional<std::string> service = ReadRequest(*request);
  if (!service.has_value()) {
    reactor->Finish({grpc::StatusCode::INVALID_ARGUMENT, "no HealthCheckRequest"});
    return reactor;
  }
  // As of now: whoever asks once must not be told what was so half a second ago.
  Publish(registry_->Report().ready);
  Status status = Status::kServiceUnknown;
  {
    MutexLock lock(&mutex_);
    status = StatusOf(*service);
  }
  if (status == Status::kServiceUnknown) {
    reactor->Finish({grpc::StatusCode::NOT_FOUND, "unknown service"});
  } else {
    *response = Encode(status);
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HealthService::OnWatch(
    const grpc::ByteBuffer* request) {
  std::optional<std::string> service = ReadRequest(*request);
  if (!service.has_value()) {
    return new Watch({grpc::StatusCode::INVALID_ARGUMENT, "no HealthCheckRequest"});
  }
  Publish(registry_->Report().ready);
  MutexLock lock(&mutex_);
  if (ended_) return new Watch({grpc::StatusCode::UNAVAILABLE, "the server is shutting down"});
  if (watches_.size() >= kMostWatches) {
    return new Watch({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many watches"});
  }
  auto* const watch = new Watch(this, *std::move(service));
  watches_.insert(watch);
  watch->Tell(StatusOf(watch->service()));
  return watch;
}

void HealthService::Forget(Watch* watch) {
  MutexLock lock(&mutex_);
  watches_.erase(watch);
}

grpc::ByteBuffer HealthService::Encode(Status status) {
  const char bytes[] = {1 << 3, static_cast<char>(status)};  // ServingStatus status = 1
  const grpc::Slice slice(bytes, sizeof(bytes));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace warden
