#include "interceptors/grpc/body_slices.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include <string_view>

#include "interceptors/guard.h"

namespace warden {

void JudgeBody(CallState& state, grpc_byte_buffer* body) {
  if (state.refusal.has_value() || state.call.waiting()) return;
  if (state.call.method->shape == nullptr) return;
  if (body == nullptr) return;  // gRPC has none to parse either, and says so
  grpc_byte_buffer_reader reader;
  if (grpc_byte_buffer_reader_init(&reader, body) == 0) {
    state.refusal = state.guard->OnUnreadableRequest(state.call);
    return;
  }
  state.refusal = state.guard->OnBody(
      state.call, grpc_byte_buffer_length(body), [&reader](std::string_view* bytes) {
        grpc_slice* slice = nullptr;
        if (grpc_byte_buffer_reader_peek(&reader, &slice) == 0) return false;
        *bytes = {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(*slice)),
                  GRPC_SLICE_LENGTH(*slice)};
        return true;
      });
  grpc_byte_buffer_reader_destroy(&reader);
}

}  // namespace warden
