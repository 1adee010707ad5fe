#include "tests/e2e/content_service.h"

#include <grpcpp/grpcpp.h>

#include "warden/testing/v1/content.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::Content;

class SyncContents final : public v1::Contents::Service {
 public:
  explicit SyncContents(std::atomic<int>* delivered) : delivered_(delivered) {}

  grpc::Status Get(grpc::ServerContext*, const Content* request, Content* response) override {
    return Echo(*request, response);
  }
  grpc::Status Shapeless(grpc::ServerContext*, const Content* request, Content* response) override {
    return Echo(*request, response);
  }
  grpc::Status List(grpc::ServerContext*, const Content* request,
                    grpc::ServerWriter<Content>* writer) override {
    ++*delivered_;
    writer->Write(*request);
    return grpc::Status::OK;
  }
  grpc::Status Put(grpc::ServerContext*, grpc::ServerReader<Content>* reader,
                   Content* response) override {
    Content content;
    while (reader->Read(&content)) Echo(content, response);
    return grpc::Status::OK;
  }
  grpc::Status Exchange(grpc::ServerContext*,
                        grpc::ServerReaderWriter<Content, Content>* stream) override {
    Content content;
    while (stream->Read(&content)) {
      ++*delivered_;
      stream->Write(content);
    }
    return grpc::Status::OK;
  }

 private:
  grpc::Status Echo(const Content& request, Content* response) {
    ++*delivered_;
    *response = request;
    return grpc::Status::OK;
  }

  std::atomic<int>* const delivered_;
};

class OneContent final : public grpc::ServerWriteReactor<Content> {
 public:
  explicit OneContent(const Content& content) : content_(content) {
    StartWriteAndFinish(&content_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  const Content content_;
};

class LastContent final : public grpc::ServerReadReactor<Content> {
 public:
  LastContent(Content* response, std::atomic<int>* delivered)
      : response_(response), delivered_(delivered) {
    StartRead(&content_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    ++*delivered_;
    *response_ = content_;
    StartRead(&content_);
  }
  void OnDone() override { delete this; }

 private:
  Content* const response_;
  std::atomic<int>* const delivered_;
  Content content_;
};

class EveryContent final : public grpc::ServerBidiReactor<Content, Content> {
 public:
  explicit EveryContent(std::atomic<int>* delivered) : delivered_(delivered) {
    StartRead(&content_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    ++*delivered_;
    StartWrite(&content_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&content_);
  }
  void OnDone() override { delete this; }

 private:
  std::atomic<int>* const delivered_;
  Content content_;
};

class CallbackContents final : public v1::Contents::CallbackService {
 public:
  explicit CallbackContents(std::atomic<int>* delivered) : delivered_(delivered) {}

  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const Content* request,
                                Content* response) override {
    return Echo(context, *request, response);
  }
  grpc::ServerUnaryReactor* Shapeless(grpc::CallbackServerContext* context, const Content* request,
                                      Content* response) override {
    return Echo(context, *request, response);
  }
  grpc::ServerWriteReactor<Content>* List(grpc::CallbackServerContext*,
                                          const Content* request) override {
    ++*delivered_;
    return new OneContent(*request);
  }
  grpc::ServerReadReactor<Content>* Put(grpc::CallbackServerContext*, Content* response) override {
    return new LastContent(response, delivered_);
  }
  grpc::ServerBidiReactor<Content, Content>* Exchange(grpc::CallbackServerContext*) override {
    return new EveryContent(delivered_);
  }

 private:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Content& request,
                                 Content* response) {
    ++*delivered_;
    *response = request;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  std::atomic<int>* const delivered_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeContents(Api api, std::atomic<int>* delivered) {
  if (api == Api::kSync) return std::make_unique<SyncContents>(delivered);
  return std::make_unique<CallbackContents>(delivered);
}

}  // namespace warden::testing
