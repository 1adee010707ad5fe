// What the client is told where an answer is kept from it.
#ifndef WARDEN_INTERCEPTORS_ANSWER_STATUS_H_
#define WARDEN_INTERCEPTORS_ANSWER_STATUS_H_

#include <map>
#include <string>
#include <string_view>

namespace warden {

// The status message: the same for every such answer.
inline constexpr std::string_view kHiddenText = "internal error";

// `grpc-status-details-bin` of it: google.rpc.Status with `code`, the text, and ErrorInfo of reason
// INTERNAL and domain "warden" with `request_id` in its metadata. Thread-safe.
std::string SerializedHiddenStatus(int code, std::string_view request_id);

// What the trailers of such an answer have besides: the request id, once. Takes out the details
// that some handlers write there themselves, which gRPC would send beside those of the status;
// others of the handler stay.
void SetErrorTrailers(std::string_view request_id,
                      std::multimap<std::string, std::string>* trailers);

// The status message where a stream is cancelled, which takes a code and a text only: the text and
// the request id.
std::string HiddenStreamText(std::string_view request_id);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ANSWER_STATUS_H_
