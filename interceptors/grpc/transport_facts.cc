#include "interceptors/grpc/transport_facts.h"

#include <grpc/grpc_security_constants.h>
#include <grpc/support/alloc.h>

#include "authz/signing/request_signature.h"
#include "interceptors/address.h"
#include "interceptors/grpc/private_access.h"
#include "interceptors/grpc/tls.h"

namespace warden {
namespace {

constexpr std::string_view kAuthorization = "authorization";
constexpr std::string_view kForwarded = "x-forwarded-client-cert";
constexpr std::string_view kApiKey = "x-api-key";
constexpr std::string_view kSignature = kRequestSignatureEntry;
constexpr std::string_view kRequestId = "x-request-id";
constexpr std::string_view kTraceparent = "traceparent";

std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

}  // namespace

std::string PeerAddress::Read() const {
  char* const uri = grpc_call_get_peer(call_);
  if (uri == nullptr) return {};
  std::string address(AddressOf(uri));
  gpr_free(uri);
  return address;
}

TransportFacts::TransportFacts(grpc_call* call, grpc::ServerContextBase& context, Call* out)
    : auth_context_(grpc_call_auth_context(call)), context_(context), out_(out) {
  out->transport.connection = this;
  out->transport.peer_certificate_pem = Property(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  ReadMetadata(context, out);
}

TransportFacts::~TransportFacts() {
  out_->transport = Transport{};
  if (auth_context_ != nullptr) grpc_auth_context_release(auth_context_);
}

std::string_view TransportFacts::Property(const char* name) const {
  if (auth_context_ == nullptr) return {};
  grpc_auth_property_iterator properties =
      grpc_auth_context_find_properties_by_name(auth_context_, name);
  const grpc_auth_property* property = grpc_auth_property_iterator_next(&properties);
  if (property == nullptr) return {};
  return {property->value, property->value_length};
}

std::string_view TransportFacts::ReadChain() const {
  return Property(GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
}

std::string_view TransportFacts::ReadPort() const { return Property(kPortProperty); }

std::string_view TransportFacts::ReadAuthority() const {
  const grpc::string_ref authority = context_.ExperimentalGetAuthority();
  return {authority.data(), authority.size()};
}

void TransportFacts::ReadMetadata(grpc::ServerContextBase& context, Call* out) {
  const grpc_metadata_array& metadata = grpc_private::MetadataOf(context);
  for (size_t i = 0; i < metadata.count; ++i) {
    const std::string_view key = View(metadata.metadata[i].key);
    const std::string_view value = View(metadata.metadata[i].value);
    out->transport.metadata_bytes += key.size() + value.size();
    if (key == kAuthorization) {
      if (++out->transport.authorization_entries == 1) out->transport.authorization = value;
    } else if (key == kForwarded) {
      if (++out->transport.forwarded_entries == 1) out->transport.forwarded_client_cert = value;
    } else if (key == kApiKey) {
      if (++out->transport.api_key_entries == 1) out->transport.api_key = value;
    } else if (key == kSignature) {
      if (++out->transport.signature_entries == 1) out->transport.signature = value;
    } else if (key == kRequestId) {
      if (++out->transport.request_id_entries == 1) out->transport.request_id = value;
    } else if (key == kTraceparent) {
      if (++out->transport.traceparent_entries == 1) out->transport.traceparent = value;
    }
  }
}

}  // namespace warden
