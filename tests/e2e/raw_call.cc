#include "tests/e2e/raw_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace warden::testing {
namespace {

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// Waits for the one operation in progress.
bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

void ReadDetails(const std::string& bytes, Answer* answer) {
  google::rpc::Status status;
  if (!status.ParseFromString(bytes)) return;
  for (const google::protobuf::Any& detail : status.details()) {
    google::rpc::ErrorInfo error;
    google::rpc::RetryInfo retry;
    google::rpc::QuotaFailure quota;
    google::rpc::BadRequest bad;
    if (detail.UnpackTo(&error)) {
      answer->reason = error.reason();
      answer->domain = error.domain();
      answer->metadata = {error.metadata().begin(), error.metadata().end()};
    } else if (detail.UnpackTo(&retry)) {
      answer->has_retry_info = true;
      answer->retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                            absl::Nanoseconds(retry.retry_delay().nanos());
    } else if (detail.UnpackTo(&quota)) {
      if (quota.violations_size() > 0) answer->quota_subject = quota.violations(0).subject();
    } else if (detail.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        answer->violations[violation.field()] = violation.reason();
        answer->violation_texts.push_back(violation.description());
      }
    }
  }
}

void ReadAll(grpc::GenericClientAsyncReaderWriter& stream, grpc::CompletionQueue& queue,
             Answer* answer) {
  void* const tag = &queue;
  while (true) {
    grpc::ByteBuffer reply;
    stream.Read(&reply, tag);
    if (!Next(queue)) break;
    answer->replies.push_back(ToString(reply));
  }
  grpc::Status status;
  stream.Finish(&status, tag);
  Next(queue);
  answer->code = status.error_code();
  answer->text = status.error_message();
  answer->details = status.error_details();
  ReadDetails(answer->details, answer);
}

}  // namespace

std::string Answer::Trailer(const std::string& name) const {
  return trailers.count(name) == 1 ? trailers.find(name)->second : std::string();
}

std::string Answer::Everything() const {
  std::string all = absl::StrCat(text, "\n", reason, "\n", details, "\n");
  for (const auto& [key, value] : trailers) absl::StrAppend(&all, key, ": ", value, "\n");
  for (const std::string& violation : violation_texts) absl::StrAppend(&all, violation, "\n");
  return all;
}

Answer Perform(const std::shared_ptr<grpc::Channel>& channel, const RawCall& call) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  for (const auto& [key, value] : call.metadata) context.AddMetadata(key, value);
  void* const tag = &queue;
  const auto stream = stub.PrepareCall(&context, call.method, &queue);
  stream->StartCall(tag);
  bool open = Next(queue);
  for (const std::string& message : call.messages) {
    if (!open) break;
    const grpc::Slice slice(message);
    stream->Write(grpc::ByteBuffer(&slice, 1), tag);
    open = Next(queue);
  }
  if (open) {
    stream->WritesDone(tag);
    Next(queue);
  }
  Answer answer;
  ReadAll(*stream, queue, &answer);
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    answer.trailers.emplace(std::string(key.data(), key.size()),
                            std::string(value.data(), value.size()));
  }
  queue.Shutdown();
  void* last = nullptr;
  bool ok = false;
  while (queue.Next(&last, &ok)) {
  }
  return answer;
}

}  // namespace warden::testing
