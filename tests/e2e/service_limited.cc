#include "tests/e2e/service_limited.h"

#include <grpcpp/grpcpp.h>

#include "warden/testing/v1/limits.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::LimitedReply;
using v1::LimitedRequest;

#define WARDEN_SERVICE_UNARY \
  WARDEN_UNARY(Open)         \
  WARDEN_UNARY(Closed)       \
  WARDEN_UNARY(Several)      \
  WARDEN_UNARY(ByField)

class SyncLimited final : public v1::ServiceLimited::Service {
 public:
  explicit SyncLimited(std::atomic<int>* runs) : runs_(runs) {}
#define WARDEN_UNARY(Method)                                                              \
  grpc::Status Method(grpc::ServerContext*, const LimitedRequest*, LimitedReply*) final { \
    ++*runs_;                                                                             \
    return grpc::Status::OK;                                                              \
  }
  WARDEN_SERVICE_UNARY
#undef WARDEN_UNARY
  grpc::Status Stream(grpc::ServerContext*, const LimitedRequest*,
                      grpc::ServerWriter<LimitedReply>* writer) final {
    ++*runs_;
    writer->Write({});
    return grpc::Status::OK;
  }

 private:
  std::atomic<int>* const runs_;
};

class OneReply final : public grpc::ServerWriteReactor<LimitedReply> {
 public:
  OneReply() { StartWriteAndFinish(&reply_, {}, grpc::Status::OK); }
  void OnDone() override { delete this; }

 private:
  LimitedReply reply_;
};

class CallbackLimited final : public v1::ServiceLimited::CallbackService {
 public:
  explicit CallbackLimited(std::atomic<int>* runs) : runs_(runs) {}
#define WARDEN_UNARY(Method)                                                                    \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const LimitedRequest*, \
                                   LimitedReply*) final {                                       \
    ++*runs_;                                                                                   \
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();                        \
    reactor->Finish(grpc::Status::OK);                                                          \
    return reactor;                                                                             \
  }
  WARDEN_SERVICE_UNARY
#undef WARDEN_UNARY
  grpc::ServerWriteReactor<LimitedReply>* Stream(grpc::CallbackServerContext*,
                                                 const LimitedRequest*) final {
    ++*runs_;
    return new OneReply;
  }

 private:
  std::atomic<int>* const runs_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeServiceLimited(Api api, std::atomic<int>* runs) {
  if (api == Api::kSync) return std::make_unique<SyncLimited>(runs);
  return std::make_unique<CallbackLimited>(runs);
}

}  // namespace warden::testing
