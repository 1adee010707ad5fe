#include "tests/e2e/record_service.h"

#include <grpcpp/grpcpp.h>

#include <string>

#include "warden/testing/v1/messages.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::Record;
using v1::Summary;

// Unary methods of the callback API give their message away: it can only be looked at while it is
// theirs. The others look after each write.
void CompareAfter(const std::string& before, const Record& after, Recorded* recorded) {
  if (after.SerializeAsString() != before) ++recorded->changed;
}

class SyncRecords final : public v1::Records::Service {
 public:
  explicit SyncRecords(Recorded* recorded) : recorded_(recorded) {}

  grpc::Status Get(grpc::ServerContext*, const Record* request, Record* response) override {
    return Echo(*request, response);
  }
  grpc::Status Public(grpc::ServerContext*, const Record* request, Record* response) override {
    return Echo(*request, response);
  }
  grpc::Status Open(grpc::ServerContext*, const Record*, Summary*) override {
    ++recorded_->delivered;
    return grpc::Status::OK;
  }
  grpc::Status List(grpc::ServerContext*, const Record* request,
                    grpc::ServerWriter<Record>* writer) override {
    ++recorded_->delivered;
    const Record record = *request;
    const std::string before = record.SerializeAsString();
    writer->Write(record);
    CompareAfter(before, record, recorded_);
    writer->WriteLast(record, {});
    CompareAfter(before, record, recorded_);
    return grpc::Status::OK;
  }
  grpc::Status Put(grpc::ServerContext*, grpc::ServerReader<Record>* reader,
                   Record* response) override {
    Record record;
    while (reader->Read(&record)) Echo(record, response);
    return grpc::Status::OK;
  }
  grpc::Status Exchange(grpc::ServerContext*,
                        grpc::ServerReaderWriter<Record, Record>* stream) override {
    Record record;
    while (stream->Read(&record)) {
      ++recorded_->delivered;
      const std::string before = record.SerializeAsString();
      stream->Write(record);
      CompareAfter(before, record, recorded_);
    }
    return grpc::Status::OK;
  }

 private:
  grpc::Status Echo(const Record& request, Record* response) {
    ++recorded_->delivered;
    *response = request;
    return grpc::Status::OK;
  }

  Recorded* const recorded_;
};

class TwoRecords final : public grpc::ServerWriteReactor<Record> {
 public:
  TwoRecords(const Record& record, Recorded* recorded)
      : record_(record), before_(record.SerializeAsString()), recorded_(recorded) {
    StartWrite(&record_);
  }
  void OnWriteDone(bool) override {
    CompareAfter(before_, record_, recorded_);
    StartWriteAndFinish(&record_, {}, grpc::Status::OK);
  }
  void OnDone() override {
    CompareAfter(before_, record_, recorded_);
    delete this;
  }

 private:
  const Record record_;
  const std::string before_;
  Recorded* const recorded_;
};

class LastRecord final : public grpc::ServerReadReactor<Record> {
 public:
  LastRecord(Record* response, Recorded* recorded) : response_(response), recorded_(recorded) {
    StartRead(&record_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    ++recorded_->delivered;
    *response_ = record_;
    StartRead(&record_);
  }
  void OnDone() override { delete this; }

 private:
  Record* const response_;
  Recorded* const recorded_;
  Record record_;
};

class EveryRecord final : public grpc::ServerBidiReactor<Record, Record> {
 public:
  explicit EveryRecord(Recorded* recorded) : recorded_(recorded) { StartRead(&record_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    ++recorded_->delivered;
    before_ = record_.SerializeAsString();
    StartWrite(&record_);
  }
  void OnWriteDone(bool ok) override {
    CompareAfter(before_, record_, recorded_);
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&record_);
  }
  void OnDone() override { delete this; }

 private:
  Recorded* const recorded_;
  Record record_;
  std::string before_;
};

class CallbackRecords final : public v1::Records::CallbackService {
 public:
  explicit CallbackRecords(Recorded* recorded) : recorded_(recorded) {}

  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const Record* request,
                                Record* response) override {
    return Echo(context, *request, response);
  }
  grpc::ServerUnaryReactor* Public(grpc::CallbackServerContext* context, const Record* request,
                                   Record* response) override {
    return Echo(context, *request, response);
  }
  grpc::ServerUnaryReactor* Open(grpc::CallbackServerContext* context, const Record*,
                                 Summary*) override {
    ++recorded_->delivered;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<Record>* List(grpc::CallbackServerContext*,
                                         const Record* request) override {
    ++recorded_->delivered;
    return new TwoRecords(*request, recorded_);
  }
  grpc::ServerReadReactor<Record>* Put(grpc::CallbackServerContext*, Record* response) override {
    return new LastRecord(response, recorded_);
  }
  grpc::ServerBidiReactor<Record, Record>* Exchange(grpc::CallbackServerContext*) override {
    return new EveryRecord(recorded_);
  }

 private:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Record& request,
                                 Record* response) {
    ++recorded_->delivered;
    *response = request;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  Recorded* const recorded_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRecords(Api api, Recorded* recorded) {
  if (api == Api::kSync) return std::make_unique<SyncRecords>(recorded);
  return std::make_unique<CallbackRecords>(recorded);
}

}  // namespace warden::testing
