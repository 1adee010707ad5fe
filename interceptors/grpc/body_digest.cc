#include "interceptors/grpc/body_digest.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include "authz/token/openssl.h"

namespace warden {

std::optional<BodyDigest> DigestOf(grpc_byte_buffer* body) {
  const openssl::ErrorMark mark;
  const openssl::MdCtxPtr context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return std::nullopt;
  }
  bool good = true;
  if (body != nullptr) {
    grpc_byte_buffer_reader reader;
    if (grpc_byte_buffer_reader_init(&reader, body) == 0) return std::nullopt;
    grpc_slice* piece = nullptr;  // borrowed
    while (good && grpc_byte_buffer_reader_peek(&reader, &piece) != 0) {
      good = EVP_DigestUpdate(context.get(), GRPC_SLICE_START_PTR(*piece),
                              GRPC_SLICE_LENGTH(*piece)) == 1;
    }
    grpc_byte_buffer_reader_destroy(&reader);
  }
  BodyDigest digest;
  unsigned int size = 0;
  if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1 ||
      size != digest.size()) {
    return std::nullopt;
  }
  return digest;
}

}  // namespace warden
