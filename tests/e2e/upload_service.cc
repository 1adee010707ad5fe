#include "tests/e2e/upload_service.h"

#include <grpcpp/grpcpp.h>

#include <mutex>

#include "warden/testing/v1/messages.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::Part;
using v1::Summary;

bool IsInvalid(const Part& part) {
  if (part.name().empty() || part.name().size() > 8 || part.secret().size() > 4) return true;
  for (const Part& inner : part.parts()) {
    if (IsInvalid(inner)) return true;
  }
  return false;
}

void Deliver(const Part& part, Uploaded* uploaded) {
  ++uploaded->delivered;
  if (IsInvalid(part)) ++uploaded->invalid;
}

void Fail(const grpc::ServerContextBase& context, const Part& part, Uploaded* uploaded) {
  ++(context.IsCancelled() ? uploaded->cancelled : uploaded->committed);
  if (context.IsCancelled() && part.ByteSizeLong() != 0) ++uploaded->left_over;
}

class Running {
 public:
  explicit Running(Uploaded* uploaded) : uploaded_(uploaded) {
    ++uploaded_->begun;
    ++uploaded_->unfinished;
  }
  ~Running() { --uploaded_->unfinished; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Uploaded* const uploaded_;
};

class SyncUploads final : public v1::Uploads::Service {
 public:
  explicit SyncUploads(Uploaded* uploaded) : uploaded_(uploaded) {}

  grpc::Status Upload(grpc::ServerContext* context, grpc::ServerReader<Part>* reader,
                      Summary* summary) override {
    const Running running(uploaded_);
    Part part;
    while (reader->Read(&part)) {
      Deliver(part, uploaded_);
      summary->set_parts(summary->parts() + 1);
    }
    Fail(*context, part, uploaded_);
    if (context->IsCancelled() && reader->Read(&part)) ++uploaded_->read_again;
    return grpc::Status::OK;
  }
  grpc::Status Chat(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<Part, Part>* stream) override {
    const Running running(uploaded_);
    Part part;
    while (stream->Read(&part)) {
      Deliver(part, uploaded_);
      stream->Write(part);
    }
    Fail(*context, part, uploaded_);
    if (context->IsCancelled() && stream->Read(&part)) ++uploaded_->read_again;
    return grpc::Status::OK;
  }
  grpc::Status Plain(grpc::ServerContext*, grpc::ServerReader<Summary>* reader,
                     Summary* summary) override {
    const Running running(uploaded_);
    Summary one;
    while (reader->Read(&one)) summary->set_parts(summary->parts() + 1);
    return grpc::Status::OK;
  }

 private:
  Uploaded* const uploaded_;
};

class UploadReactor final : public grpc::ServerReadReactor<Part> {
 public:
  UploadReactor(grpc::CallbackServerContext* context, Summary* summary, Uploaded* uploaded)
      : running_(uploaded), context_(context), summary_(summary), uploaded_(uploaded) {
    StartRead(&part_);
  }
  void OnReadDone(bool ok) override {
    if (failed_) {
      if (ok) ++uploaded_->read_again;
      return Finish(grpc::Status::OK);
    }
    if (ok) {
      Deliver(part_, uploaded_);
      summary_->set_parts(summary_->parts() + 1);
      return StartRead(&part_);
    }
    Fail(*context_, part_, uploaded_);
    if (!context_->IsCancelled()) return Finish(grpc::Status::OK);
    failed_ = true;
    StartRead(&part_);
  }
  void OnDone() override { delete this; }

 private:
  const Running running_;
  grpc::CallbackServerContext* const context_;
  Summary* const summary_;
  Uploaded* const uploaded_;
  Part part_;
  bool failed_ = false;
};

// Reads on while it writes.
class ChatReactor final : public grpc::ServerBidiReactor<Part, Part> {
 public:
  ChatReactor(grpc::CallbackServerContext* context, Uploaded* uploaded)
      : running_(uploaded), context_(context), uploaded_(uploaded) {
    StartRead(&part_);
  }
  void OnReadDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ok) {
      Deliver(part_, uploaded_);
      if (!writing_) {
        writing_ = true;
        written_ = part_;
        StartWrite(&written_);
      }
      return StartRead(&part_);
    }
    Fail(*context_, part_, uploaded_);
    ended_ = true;
    if (!writing_) Finish(grpc::Status::OK);
  }
  void OnWriteDone(bool) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    if (ended_) Finish(grpc::Status::OK);
  }
  void OnDone() override {
    { const std::lock_guard<std::mutex> lock(mutex_); }
    delete this;
  }

 private:
  const Running running_;
  grpc::CallbackServerContext* const context_;
  Uploaded* const uploaded_;
  std::mutex mutex_;
  Part part_, written_;
  bool writing_ = false, ended_ = false;
};

class PlainReactor final : public grpc::ServerReadReactor<Summary> {
 public:
  PlainReactor(Summary* summary, Uploaded* uploaded) : running_(uploaded), summary_(summary) {
    StartRead(&one_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    summary_->set_parts(summary_->parts() + 1);
    StartRead(&one_);
  }
  void OnDone() override { delete this; }

 private:
  const Running running_;
  Summary* const summary_;
  Summary one_;
};

class CallbackUploads final : public v1::Uploads::CallbackService {
 public:
  explicit CallbackUploads(Uploaded* uploaded) : uploaded_(uploaded) {}

  grpc::ServerReadReactor<Part>* Upload(grpc::CallbackServerContext* context,
                                        Summary* summary) override {
    return new UploadReactor(context, summary, uploaded_);
  }
  grpc::ServerBidiReactor<Part, Part>* Chat(grpc::CallbackServerContext* context) override {
    return new ChatReactor(context, uploaded_);
  }
  grpc::ServerReadReactor<Summary>* Plain(grpc::CallbackServerContext*, Summary* summary) override {
    return new PlainReactor(summary, uploaded_);
  }

 private:
  Uploaded* const uploaded_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeUploads(Api api, Uploaded* uploaded) {
  if (api == Api::kSync) return std::make_unique<SyncUploads>(uploaded);
  return std::make_unique<CallbackUploads>(uploaded);
}

}  // namespace warden::testing
