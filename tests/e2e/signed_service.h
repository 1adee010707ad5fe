// Methods that take signed requests, and count their runs.
#ifndef WARDEN_TESTS_E2E_SIGNED_SERVICE_H_
#define WARDEN_TESTS_E2E_SIGNED_SERVICE_H_

#include <atomic>

#include "warden/testing/v1/signing.grpc.pb.h"

namespace warden::testing {

using v1::Payment;

inline constexpr char kPay[] = "/warden.testing.v1.Signed/Pay";
inline constexpr char kWatch[] = "/warden.testing.v1.Signed/Watch";
inline constexpr char kLook[] = "/warden.testing.v1.Signed/Look";  // is not `signed`

class SyncSigned final : public v1::Signed::Service {
 public:
  explicit SyncSigned(std::atomic<int>* runs) : runs_(runs) {}
  grpc::Status Pay(grpc::ServerContext*, const Payment*, v1::ProbeReply*) override {
    ++*runs_;
    return grpc::Status::OK;
  }
  grpc::Status Look(grpc::ServerContext*, const Payment*, v1::ProbeReply*) override {
    ++*runs_;
    return grpc::Status::OK;
  }
  grpc::Status Watch(grpc::ServerContext*, const Payment*,
                     grpc::ServerWriter<v1::ProbeReply>*) override {
    ++*runs_;
    return grpc::Status::OK;
  }

 private:
  std::atomic<int>* runs_;
};

class WatchReactor final : public grpc::ServerWriteReactor<v1::ProbeReply> {
 public:
  WatchReactor() { Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }
};

class CallbackSigned final : public v1::Signed::CallbackService {
 public:
  explicit CallbackSigned(std::atomic<int>* runs) : runs_(runs) {}
  grpc::ServerUnaryReactor* Pay(grpc::CallbackServerContext* context, const Payment*,
                                v1::ProbeReply*) override {
    return Run(context);
  }
  grpc::ServerUnaryReactor* Look(grpc::CallbackServerContext* context, const Payment*,
                                 v1::ProbeReply*) override {
    return Run(context);
  }
  grpc::ServerWriteReactor<v1::ProbeReply>* Watch(grpc::CallbackServerContext*,
                                                  const Payment*) override {
    ++*runs_;
    return new WatchReactor;
  }

 private:
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context) {
    ++*runs_;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  std::atomic<int>* runs_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_SIGNED_SERVICE_H_
