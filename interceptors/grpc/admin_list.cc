#include "interceptors/grpc/admin_list.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "interceptors/revocation/operator_log.h"

namespace warden {

grpc::Status BadEntry(const absl::Status& status) {
  return {grpc::StatusCode::INVALID_ARGUMENT, std::string(status.message())};
}

grpc::Status AdminStatus(const absl::Status& status, const AdminListWords& words) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return grpc::Status::OK;
    case absl::StatusCode::kNotFound:
      return {grpc::StatusCode::NOT_FOUND, absl::StrCat("no such ", words.entry)};
    case absl::StatusCode::kResourceExhausted:
      LogForOperator(absl::StrCat(words.area, ": ", status.message()));
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, absl::StrCat("the ", words.list, " is full")};
    default:
      LogForOperator(absl::StrCat(words.area, ": ", status.message()));
      return {grpc::StatusCode::UNAVAILABLE,
              absl::StrCat("the ", words.list, " cannot be written now")};
  }
}

size_t AdminPageSize(uint32_t asked) {
  constexpr size_t kDefault = 100;
  constexpr size_t kMost = 1000;
  return asked == 0 ? kDefault : std::min<size_t>(asked, kMost);
}

std::optional<AdminPlace> ReadPageToken(const std::string& token, std::string_view letters) {
  if (token.empty()) return AdminPlace();
  const size_t source = letters.find(token[0]);
  if (source == letters.npos) return std::nullopt;
  return AdminPlace{source, token.substr(1)};
}

grpc::Status BadPageToken() {
  return {grpc::StatusCode::INVALID_ARGUMENT, "page_token is not one that this method gave"};
}

}  // namespace warden
