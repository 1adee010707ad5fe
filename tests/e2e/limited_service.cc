#include "tests/e2e/limited_service.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "warden/testing/v1/limits.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::LimitedReply;
using v1::LimitedRequest;

// A unary method that only counts, on either API.
#define WARDEN_SYNC_UNARY(Method)                                                         \
  grpc::Status Method(grpc::ServerContext*, const LimitedRequest*, LimitedReply*) final { \
    ++calls_->runs;                                                                       \
    return grpc::Status::OK;                                                              \
  }
#define WARDEN_CALLBACK_UNARY(Method)                                                           \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const LimitedRequest*, \
                                   LimitedReply*) final {                                       \
    ++calls_->runs;                                                                             \
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();                        \
    reactor->Finish(grpc::Status::OK);                                                          \
    return reactor;                                                                             \
  }

#define WARDEN_LIMITED_UNARY(M) \
  M(ByTenant)                   \
  M(ByApiKey)                   \
  M(Twice)                      \
  M(Sliding)                    \
  M(Fixed)                      \
  M(Dear)                       \
  M(Cheap)                      \
  M(ByField)                    \
  M(Denied)                     \
  M(Spent)                      \
  M(Checked)

class SyncLimited final : public v1::Limited::Service {
 public:
  explicit SyncLimited(LimitedCalls* calls) : calls_(calls) {}

  WARDEN_LIMITED_UNARY(WARDEN_SYNC_UNARY)

  grpc::Status ByBytes(grpc::ServerContext*, const LimitedRequest*,
                       grpc::ServerWriter<LimitedReply>* writer) final {
    ++calls_->runs;
    writer->Write(LimitedReply());
    return grpc::Status::OK;
  }
  grpc::Status Hold(grpc::ServerContext*, const LimitedRequest*, LimitedReply*) final {
    ++calls_->runs;
    calls_->Wait();
    return grpc::Status::OK;
  }
  grpc::Status FewMessages(grpc::ServerContext*, grpc::ServerReader<LimitedRequest>* reader,
                           LimitedReply* reply) final {
    return Read(reader, reply);
  }
  grpc::Status SlowMessages(grpc::ServerContext*, grpc::ServerReader<LimitedRequest>* reader,
                            LimitedReply* reply) final {
    return Read(reader, reply);
  }

#define WARDEN_BIDI(Method)                                                                   \
  grpc::Status Method(grpc::ServerContext*,                                                   \
                      grpc::ServerReaderWriter<LimitedReply, LimitedRequest>* stream) final { \
    LimitedReply reply;                                                                       \
    const grpc::Status status = Read(stream, &reply);                                         \
    stream->Write(reply);                                                                     \
    return status;                                                                            \
  }
  WARDEN_BIDI(HoldStream)
  WARDEN_BIDI(FewBytes)
  WARDEN_BIDI(ShortLived)
#undef WARDEN_BIDI

 private:
  template <typename Stream>
  grpc::Status Read(Stream* stream, LimitedReply* reply) {
    ++calls_->runs;
    LimitedRequest request;
    while (stream->Read(&request)) {
      ++calls_->messages;
      reply->set_messages(reply->messages() + 1);
    }
    return grpc::Status::OK;
  }

  LimitedCalls* const calls_;
};

class Reads final : public grpc::ServerReadReactor<LimitedRequest> {
 public:
  Reads(LimitedCalls* calls, LimitedReply* reply) : calls_(calls), reply_(reply) {
    ++calls->runs;
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    ++calls_->messages;
    reply_->set_messages(reply_->messages() + 1);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  LimitedCalls* const calls_;
  LimitedReply* const reply_;
  LimitedRequest request_;
};

class ReadsAndReplies final : public grpc::ServerBidiReactor<LimitedRequest, LimitedReply> {
 public:
  explicit ReadsAndReplies(LimitedCalls* calls) : calls_(calls) {
    ++calls->runs;
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return StartWriteAndFinish(&reply_, {}, grpc::Status::OK);
    ++calls_->messages;
    reply_.set_messages(reply_.messages() + 1);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  LimitedCalls* const calls_;
  LimitedRequest request_;
  LimitedReply reply_;
};

class OneReply final : public grpc::ServerWriteReactor<LimitedReply> {
 public:
  OneReply() { StartWriteAndFinish(&reply_, {}, grpc::Status::OK); }
  void OnDone() override { delete this; }

 private:
  LimitedReply reply_;
};

class CallbackLimited final : public v1::Limited::CallbackService {
 public:
  explicit CallbackLimited(LimitedCalls* calls) : calls_(calls) {}

  WARDEN_LIMITED_UNARY(WARDEN_CALLBACK_UNARY)

  grpc::ServerWriteReactor<LimitedReply>* ByBytes(grpc::CallbackServerContext*,
                                                  const LimitedRequest*) final {
    ++calls_->runs;
    return new OneReply;
  }
  grpc::ServerUnaryReactor* Hold(grpc::CallbackServerContext* context, const LimitedRequest*,
                                 LimitedReply*) final {
    ++calls_->runs;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    calls_->Hold([reactor] { reactor->Finish(grpc::Status::OK); });
    return reactor;
  }
  grpc::ServerReadReactor<LimitedRequest>* FewMessages(grpc::CallbackServerContext*,
                                                       LimitedReply* reply) final {
    return new Reads(calls_, reply);
  }
  grpc::ServerReadReactor<LimitedRequest>* SlowMessages(grpc::CallbackServerContext*,
                                                        LimitedReply* reply) final {
    return new Reads(calls_, reply);
  }

#define WARDEN_BIDI(Method)                                                                   \
  grpc::ServerBidiReactor<LimitedRequest, LimitedReply>* Method(grpc::CallbackServerContext*) \
      final {                                                                                 \
    return new ReadsAndReplies(calls_);                                                       \
  }
  WARDEN_BIDI(HoldStream)
  WARDEN_BIDI(FewBytes)
  WARDEN_BIDI(ShortLived)
#undef WARDEN_BIDI

 private:
  LimitedCalls* const calls_;
};

#define WARDEN_SHARED_UNARY(M) \
  M(Open)                      \
  M(Closed)                    \
  M(Both)                      \
  M(Leased)                    \
  M(ByField)

class SyncShared final : public v1::SharedLimited::Service {
 public:
  explicit SyncShared(LimitedCalls* calls) : calls_(calls) {}

  WARDEN_SHARED_UNARY(WARDEN_SYNC_UNARY)

  grpc::Status Stream(grpc::ServerContext*,
                      grpc::ServerReaderWriter<LimitedReply, LimitedRequest>* stream) final {
    ++calls_->runs;
    LimitedRequest request;
    LimitedReply reply;
    while (stream->Read(&request)) reply.set_messages(reply.messages() + 1);
    stream->Write(reply);
    return grpc::Status::OK;
  }

 private:
  LimitedCalls* const calls_;
};

class CallbackShared final : public v1::SharedLimited::CallbackService {
 public:
  explicit CallbackShared(LimitedCalls* calls) : calls_(calls) {}

  WARDEN_SHARED_UNARY(WARDEN_CALLBACK_UNARY)

  grpc::ServerBidiReactor<LimitedRequest, LimitedReply>* Stream(
      grpc::CallbackServerContext*) final {
    return new ReadsAndReplies(calls_);
  }

 private:
  LimitedCalls* const calls_;
};

#define WARDEN_SERVICE_UNARY(M) \
  M(Open)                       \
  M(Closed)                     \
  M(Several)                    \
  M(ByField)

class SyncService final : public v1::ServiceLimited::Service {
 public:
  explicit SyncService(LimitedCalls* calls) : calls_(calls) {}

  WARDEN_SERVICE_UNARY(WARDEN_SYNC_UNARY)

  grpc::Status Stream(grpc::ServerContext*, const LimitedRequest*,
                      grpc::ServerWriter<LimitedReply>* writer) final {
    ++calls_->runs;
    writer->Write(LimitedReply());
    return grpc::Status::OK;
  }

 private:
  LimitedCalls* const calls_;
};

class CallbackService final : public v1::ServiceLimited::CallbackService {
 public:
  explicit CallbackService(LimitedCalls* calls) : calls_(calls) {}

  WARDEN_SERVICE_UNARY(WARDEN_CALLBACK_UNARY)

  grpc::ServerWriteReactor<LimitedReply>* Stream(grpc::CallbackServerContext*,
                                                 const LimitedRequest*) final {
    ++calls_->runs;
    return new OneReply;
  }

 private:
  LimitedCalls* const calls_;
};

template <typename Sync, typename Callback>
std::unique_ptr<grpc::Service> Make(Api api, LimitedCalls* calls) {
  if (api == Api::kSync) return std::make_unique<Sync>(calls);
  return std::make_unique<Callback>(calls);
}

}  // namespace

void LimitedCalls::Hold(std::function<void()> then) {
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.push_back(std::move(then));
}

void LimitedCalls::Wait() {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;
  Hold([&] {
    const std::lock_guard<std::mutex> lock(mutex);
    released = true;
    changed.notify_all();
  });
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return released; });
}

void LimitedCalls::Release() {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const std::function<void()>& then : waiting) then();
}

int LimitedCalls::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(waiting_.size());
}

std::unique_ptr<grpc::Service> MakeLimited(Api api, LimitedCalls* calls) {
  return Make<SyncLimited, CallbackLimited>(api, calls);
}

std::unique_ptr<grpc::Service> MakeSharedLimited(Api api, LimitedCalls* calls) {
  return Make<SyncShared, CallbackShared>(api, calls);
}

std::unique_ptr<grpc::Service> MakeServiceLimited(Api api, LimitedCalls* calls) {
  return Make<SyncService, CallbackService>(api, calls);
}

}  // namespace warden::testing
