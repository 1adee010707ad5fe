#include "interceptors/grpc/request_signing.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <utility>
#include <vector>

namespace warden {
namespace {

using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

struct Signing {
  RequestSigner signer;
  std::string authority;
  RequestSigningOptions options;
};

absl::StatusOr<std::string> BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (buffer.Valid() && !buffer.Dump(&slices).ok()) {
    return absl::InternalError("the message cannot be read");
  }
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// Of one call. Metadata and message of a unary or server-streaming call are sent in one batch.
class SigningInterceptor final : public grpc::experimental::Interceptor {
 public:
  SigningInterceptor(const Signing* signing, ClientRpcInfo* info)
      : signing_(signing), info_(info) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA) &&
        methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      Sign(methods);
    }
    methods->Proceed();
  }

 private:
  void Sign(InterceptorBatchMethods* methods) {
    const absl::StatusOr<std::string> value = ValueFor(*methods->GetSerializedSendMessage());
    if (value.ok()) {
      methods->GetSendInitialMetadata()->emplace(kRequestSignatureEntry, *value);
    } else {
      info_->client_context()->TryCancel();
    }
  }

  absl::StatusOr<std::string> ValueFor(const grpc::ByteBuffer& message) const {
    const absl::StatusOr<std::string> bytes = BytesOf(message);
    if (!bytes.ok()) return bytes.status();
    const absl::Time now = signing_->options.clock ? signing_->options.clock() : absl::Now();
    return signing_->signer.Sign(info_->method(), signing_->authority, *bytes, now);
  }

  const Signing* const signing_;
  ClientRpcInfo* const info_;
};

class SigningFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit SigningFactory(Signing signing) : signing_(std::move(signing)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(ClientRpcInfo* info) override {
    const bool one_request = info->type() == ClientRpcInfo::Type::UNARY ||
                             info->type() == ClientRpcInfo::Type::SERVER_STREAMING;
    const auto& wants = signing_.options.wants;
    if (!one_request || (wants && !wants(info->method()))) return nullptr;
    return new SigningInterceptor(&signing_, info);
  }

 private:
  const Signing signing_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeRequestSigning(
    RequestSigner signer, std::string authority, RequestSigningOptions options) {
  return std::make_unique<SigningFactory>(
      Signing{std::move(signer), std::move(authority), std::move(options)});
}

}  // namespace warden
