#include "tests/e2e/probe_service.h"

#include <grpcpp/grpcpp.h>

#include "interceptors/grpc/caller.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::CheckedRequest;
using v1::Note;
using v1::ProbeReply;
using v1::ProbeRequest;

void Describe(const grpc::ServerContextBase* context, ProbeReply* reply) {
  const std::shared_ptr<const Principal> caller = CallerOf(context);
  reply->set_caller(std::string(caller->name()));
  for (const std::string& role : caller->roles()) reply->add_roles(role);
}

int RepliesTo(const ProbeRequest& request) {
  return request.replies() == 0 ? 2 : request.replies();
}

class SyncProbe final : public v1::Probe::Service {
 public:
  explicit SyncProbe(std::atomic<int>* runs) : runs_(runs) {}

#define WARDEN_PROBE_UNARY(Method, Request)                                                       \
  grpc::Status Method(grpc::ServerContext* context, const Request*, ProbeReply* reply) override { \
    return Reply(context, reply);                                                                 \
  }
  WARDEN_PROBE_UNARY(Unary, ProbeRequest)
  WARDEN_PROBE_UNARY(Public, ProbeRequest)
  WARDEN_PROBE_UNARY(Authenticated, ProbeRequest)
  WARDEN_PROBE_UNARY(Restricted, ProbeRequest)
  WARDEN_PROBE_UNARY(AnyOf, ProbeRequest)
  WARDEN_PROBE_UNARY(LimitedByPrincipal, ProbeRequest)
  WARDEN_PROBE_UNARY(LimitedByPeer, ProbeRequest)
  WARDEN_PROBE_UNARY(LimitedToTwenty, ProbeRequest)
  WARDEN_PROBE_UNARY(Checked, CheckedRequest)
#undef WARDEN_PROBE_UNARY

#define WARDEN_PROBE_STREAM(Method, Request)                             \
  grpc::Status Method(grpc::ServerContext* context, const Request*,      \
                      grpc::ServerWriter<ProbeReply>* writer) override { \
    return WriteMany(context, 2, writer);                                \
  }
  WARDEN_PROBE_STREAM(LimitedByAddress, ProbeRequest)
  WARDEN_PROBE_STREAM(CheckedStream, CheckedRequest)
#undef WARDEN_PROBE_STREAM

  grpc::Status ServerStream(grpc::ServerContext* context, const ProbeRequest* request,
                            grpc::ServerWriter<ProbeReply>* writer) override {
    return WriteMany(context, RepliesTo(*request), writer);
  }
  grpc::Status ClientStream(grpc::ServerContext* context, grpc::ServerReader<Note>* reader,
                            ProbeReply* reply) override {
    ++*runs_;
    Note note;
    while (reader->Read(&note)) reply->set_notes(reply->notes() + 1);
    Describe(context, reply);
    return grpc::Status::OK;
  }
  grpc::Status BidiStream(grpc::ServerContext* context,
                          grpc::ServerReaderWriter<ProbeReply, Note>* stream) override {
    ++*runs_;
    Note note;
    while (stream->Read(&note)) {
      ProbeReply reply;
      Describe(context, &reply);
      reply.set_text(note.text());
      stream->Write(reply);
    }
    return grpc::Status::OK;
  }

 private:
  grpc::Status Reply(grpc::ServerContext* context, ProbeReply* reply) {
    ++*runs_;
    Describe(context, reply);
    return grpc::Status::OK;
  }
  grpc::Status WriteMany(grpc::ServerContext* context, int replies,
                         grpc::ServerWriter<ProbeReply>* writer) {
    ++*runs_;
    ProbeReply reply;
    Describe(context, &reply);
    for (int i = 0; i < replies && writer->Write(reply); ++i) {
    }
    return grpc::Status::OK;
  }

  std::atomic<int>* const runs_;
};

class ManyReplies final : public grpc::ServerWriteReactor<ProbeReply> {
 public:
  ManyReplies(grpc::CallbackServerContext* context, int replies) : replies_(replies) {
    Describe(context, &reply_);
    StartWrite(&reply_);
  }
  void OnWriteDone(bool ok) override {
    if (ok && ++written_ < replies_) {
      StartWrite(&reply_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

 private:
  const int replies_;
  ProbeReply reply_;
  int written_ = 0;
};

class CountNotes final : public grpc::ServerReadReactor<Note> {
 public:
  CountNotes(grpc::CallbackServerContext* context, ProbeReply* reply) : reply_(reply) {
    Describe(context, reply);
    StartRead(&note_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    reply_->set_notes(reply_->notes() + 1);
    StartRead(&note_);
  }
  void OnDone() override { delete this; }

 private:
  ProbeReply* const reply_;
  Note note_;
};

class EchoNotes final : public grpc::ServerBidiReactor<Note, ProbeReply> {
 public:
  explicit EchoNotes(grpc::CallbackServerContext* context) {
    Describe(context, &reply_);
    StartRead(&note_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    reply_.set_text(note_.text());
    StartWrite(&reply_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&note_);
  }
  void OnDone() override { delete this; }

 private:
  Note note_;
  ProbeReply reply_;
};

class CallbackProbe final : public v1::Probe::CallbackService {
 public:
  explicit CallbackProbe(std::atomic<int>* runs) : runs_(runs) {}

#define WARDEN_PROBE_UNARY(Method, Request)                                              \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const Request*, \
                                   ProbeReply* reply) override {                         \
    return Reply(context, reply);                                                        \
  }
  WARDEN_PROBE_UNARY(Unary, ProbeRequest)
  WARDEN_PROBE_UNARY(Public, ProbeRequest)
  WARDEN_PROBE_UNARY(Authenticated, ProbeRequest)
  WARDEN_PROBE_UNARY(Restricted, ProbeRequest)
  WARDEN_PROBE_UNARY(AnyOf, ProbeRequest)
  WARDEN_PROBE_UNARY(LimitedByPrincipal, ProbeRequest)
  WARDEN_PROBE_UNARY(LimitedByPeer, ProbeRequest)
  WARDEN_PROBE_UNARY(LimitedToTwenty, ProbeRequest)
  WARDEN_PROBE_UNARY(Checked, CheckedRequest)
#undef WARDEN_PROBE_UNARY

#define WARDEN_PROBE_STREAM(Method, Request)                                         \
  grpc::ServerWriteReactor<ProbeReply>* Method(grpc::CallbackServerContext* context, \
                                               const Request*) override {            \
    ++*runs_;                                                                        \
    return new ManyReplies(context, 2);                                              \
  }
  WARDEN_PROBE_STREAM(LimitedByAddress, ProbeRequest)
  WARDEN_PROBE_STREAM(CheckedStream, CheckedRequest)
#undef WARDEN_PROBE_STREAM

  grpc::ServerWriteReactor<ProbeReply>* ServerStream(grpc::CallbackServerContext* context,
                                                     const ProbeRequest* request) override {
    ++*runs_;
    return new ManyReplies(context, RepliesTo(*request));
  }
  grpc::ServerReadReactor<Note>* ClientStream(grpc::CallbackServerContext* context,
                                              ProbeReply* reply) override {
    ++*runs_;
    return new CountNotes(context, reply);
  }
  grpc::ServerBidiReactor<Note, ProbeReply>* BidiStream(
      grpc::CallbackServerContext* context) override {
    ++*runs_;
    return new EchoNotes(context);
  }

 private:
  grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, ProbeReply* reply) {
    ++*runs_;
    Describe(context, reply);
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  std::atomic<int>* const runs_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeProbe(Api api, std::atomic<int>* runs) {
  if (api == Api::kSync) return std::make_unique<SyncProbe>(runs);
  return std::make_unique<CallbackProbe>(runs);
}

}  // namespace warden::testing
