#include "tests/e2e/answer_service.h"

#include <grpcpp/grpcpp.h>

#include <stdexcept>
#include <string>

#include "warden/testing/v1/answers.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::Ask;
using v1::Reply;

grpc::Status StatusOf(const Ask& ask) {
  return {static_cast<grpc::StatusCode>(ask.code()), ask.text(), ask.details()};
}

// What every handler begins with.
void Begin(const Ask& ask, grpc::ServerContextBase* context, std::atomic<int>* runs) {
  ++*runs;
  for (const auto& [name, value] : ask.trailers()) context->AddTrailingMetadata(name, value);
  if (ask.throws()) throw std::runtime_error(ask.text());
}

grpc::Status AnswerOne(const Ask& ask, grpc::ServerContextBase* context, Reply* reply,
                       std::atomic<int>* runs) {
  Begin(ask, context, runs);
  if (ask.replies_size() > 0) *reply = ask.replies(0);
  return StatusOf(ask);
}

template <typename Writer>
void WriteAll(const Ask& ask, Writer* writer) {
  while (ask.endless()) {
    if (!writer->Write(ask.replies(0))) return;
  }
  for (int i = 0; i < ask.replies_size(); ++i) {
    if (ask.last_with_status() && i + 1 == ask.replies_size()) {
      writer->WriteLast(ask.replies(i), {});
    } else if (!writer->Write(ask.replies(i))) {
      return;
    }
  }
}

class SyncAnswers final : public v1::Answers::Service {
 public:
  explicit SyncAnswers(std::atomic<int>* runs) : runs_(runs) {}

  grpc::Status Unary(grpc::ServerContext* context, const Ask* ask, Reply* reply) override {
    return AnswerOne(*ask, context, reply, runs_);
  }
  grpc::Status ServerStream(grpc::ServerContext* context, const Ask* ask,
                            grpc::ServerWriter<Reply>* writer) override {
    Begin(*ask, context, runs_);
    WriteAll(*ask, writer);
    return StatusOf(*ask);
  }
  grpc::Status ClientStream(grpc::ServerContext* context, grpc::ServerReader<Ask>* reader,
                            Reply* reply) override {
    Ask ask;
    while (reader->Read(&ask)) {
    }
    return AnswerOne(ask, context, reply, runs_);
  }
  grpc::Status BidiStream(grpc::ServerContext* context,
                          grpc::ServerReaderWriter<Reply, Ask>* stream) override {
    Ask ask;
    while (stream->Read(&ask)) {
    }
    Begin(ask, context, runs_);
    WriteAll(ask, stream);
    return StatusOf(ask);
  }

 private:
  std::atomic<int>* const runs_;
};

// Of server-streaming methods, and of bidirectional ones once they have read all.
template <typename Base>
class Answering : public Base {
 public:
  void OnWriteDone(bool ok) override {
    if (ok) return Next();
    this->Finish(StatusOf(ask_));
  }
  void OnDone() override { delete this; }

 protected:
  void Next() {
    if (ask_.endless()) return this->StartWrite(&ask_.replies(0));
    if (next_ == ask_.replies_size()) {
      this->Finish(StatusOf(ask_));
      return;
    }
    const Reply& reply = ask_.replies(next_++);
    if (ask_.last_with_status() && next_ == ask_.replies_size()) {
      this->StartWriteAndFinish(&reply, {}, StatusOf(ask_));
    } else {
      this->StartWrite(&reply);
    }
  }

  Ask ask_;

 private:
  int next_ = 0;
};

class AnswerMany final : public Answering<grpc::ServerWriteReactor<Reply>> {
 public:
  explicit AnswerMany(const Ask& ask) {
    ask_ = ask;
    Next();
  }
};

class AnswerAfterReading final : public Answering<grpc::ServerBidiReactor<Ask, Reply>> {
 public:
  AnswerAfterReading(grpc::CallbackServerContext* context, std::atomic<int>* runs)
      : context_(context), runs_(runs) {
    StartRead(&ask_);
  }
  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&ask_);
    Begin(ask_, context_, runs_);
    Next();
  }

 private:
  grpc::CallbackServerContext* const context_;
  std::atomic<int>* const runs_;
};

class AnswerOnceRead final : public grpc::ServerReadReactor<Ask> {
 public:
  AnswerOnceRead(grpc::CallbackServerContext* context, Reply* reply, std::atomic<int>* runs)
      : context_(context), reply_(reply), runs_(runs) {
    StartRead(&ask_);
  }
  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&ask_);
    Finish(AnswerOne(ask_, context_, reply_, runs_));
  }
  void OnDone() override { delete this; }

 private:
  grpc::CallbackServerContext* const context_;
  Reply* const reply_;
  std::atomic<int>* const runs_;
  Ask ask_;
};

class CallbackAnswers final : public v1::Answers::CallbackService {
 public:
  explicit CallbackAnswers(std::atomic<int>* runs) : runs_(runs) {}

  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const Ask* ask,
                                  Reply* reply) override {
    const grpc::Status status = AnswerOne(*ask, context, reply, runs_);
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }
  grpc::ServerWriteReactor<Reply>* ServerStream(grpc::CallbackServerContext* context,
                                                const Ask* ask) override {
    Begin(*ask, context, runs_);
    return new AnswerMany(*ask);
  }
  grpc::ServerReadReactor<Ask>* ClientStream(grpc::CallbackServerContext* context,
                                             Reply* reply) override {
    return new AnswerOnceRead(context, reply, runs_);
  }
  grpc::ServerBidiReactor<Ask, Reply>* BidiStream(grpc::CallbackServerContext* context) override {
    return new AnswerAfterReading(context, runs_);
  }

 private:
  std::atomic<int>* const runs_;
};

class SyncOwnAnswers final : public v1::OwnAnswers::Service {
 public:
  explicit SyncOwnAnswers(std::atomic<int>* runs) : runs_(runs) {}

#define WARDEN_OWN_ANSWER(Method)                                                            \
  grpc::Status Method(grpc::ServerContext* context, const Ask* ask, Reply* reply) override { \
    return AnswerOne(*ask, context, reply, runs_);                                           \
  }
  WARDEN_OWN_ANSWER(AsTheService)
  WARDEN_OWN_ANSWER(Shown)
  WARDEN_OWN_ANSWER(Login)
  WARDEN_OWN_ANSWER(Small)
  WARDEN_OWN_ANSWER(Strict)
  WARDEN_OWN_ANSWER(Watched)
#undef WARDEN_OWN_ANSWER

 private:
  std::atomic<int>* const runs_;
};

class CallbackOwnAnswers final : public v1::OwnAnswers::CallbackService {
 public:
  explicit CallbackOwnAnswers(std::atomic<int>* runs) : runs_(runs) {}

#define WARDEN_OWN_ANSWER(Method)                                                        \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const Ask* ask, \
                                   Reply* reply) override {                              \
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();                 \
    reactor->Finish(AnswerOne(*ask, context, reply, runs_));                             \
    return reactor;                                                                      \
  }
  WARDEN_OWN_ANSWER(AsTheService)
  WARDEN_OWN_ANSWER(Shown)
  WARDEN_OWN_ANSWER(Login)
  WARDEN_OWN_ANSWER(Small)
  WARDEN_OWN_ANSWER(Strict)
  WARDEN_OWN_ANSWER(Watched)
#undef WARDEN_OWN_ANSWER

 private:
  std::atomic<int>* const runs_;
};

class RawEcho final : public v1::RawAnswers::WithRawCallbackMethod_Echo<v1::RawAnswers::Service> {
 public:
  using WithRawCallbackMethod_Echo::Echo;
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override {
    *response = *request;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRawAnswers() { return std::make_unique<RawEcho>(); }

std::unique_ptr<grpc::Service> MakeAnswers(Api api, std::atomic<int>* runs) {
  if (api == Api::kSync) return std::make_unique<SyncAnswers>(runs);
  return std::make_unique<CallbackAnswers>(runs);
}

std::unique_ptr<grpc::Service> MakeOwnAnswers(Api api, std::atomic<int>* runs) {
  if (api == Api::kSync) return std::make_unique<SyncOwnAnswers>(runs);
  return std::make_unique<CallbackOwnAnswers>(runs);
}

}  // namespace warden::testing
