// The digest of a message as it arrived.
#ifndef WARDEN_INTERCEPTORS_GRPC_BODY_DIGEST_H_
#define WARDEN_INTERCEPTORS_GRPC_BODY_DIGEST_H_

#include <grpc/byte_buffer.h>

#include <optional>

#include "authz/signing/request_signature.h"

namespace warden {

// Over the message's bytes, decompressed; `body` stays as it is, and null is an empty message.
// Nothing if they cannot be read, or OpenSSL fails. Thread-safe.
std::optional<BodyDigest> DigestOf(grpc_byte_buffer* body);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_BODY_DIGEST_H_
