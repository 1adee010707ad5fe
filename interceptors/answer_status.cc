#include "interceptors/answer_status.h"

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace warden {

std::string SerializedHiddenStatus(int code, std::string_view request_id) {
  google::rpc::ErrorInfo info;
  info.set_reason("INTERNAL");
  info.set_domain("warden");
  (*info.mutable_metadata())["request_id"] = std::string(request_id);
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(std::string(kHiddenText));
  status.add_details()->PackFrom(info);
  return status.SerializeAsString();
}

void SetErrorTrailers(std::string_view request_id,
                      std::multimap<std::string, std::string>* trailers) {
  constexpr char kRequestId[] = "x-request-id";
  for (const char* name : {"grpc-status-details-bin", "grpc-message", "grpc-status", kRequestId}) {
    trailers->erase(name);
  }
  trailers->emplace(kRequestId, std::string(request_id));
}

std::string HiddenStreamText(std::string_view request_id) {
  return absl::StrCat(std::string(kHiddenText), ", request ", std::string(request_id));
}

}  // namespace warden
