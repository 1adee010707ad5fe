// What the services by which admins change a list have in common.
#ifndef WARDEN_INTERCEPTORS_GRPC_ADMIN_LIST_H_
#define WARDEN_INTERCEPTORS_GRPC_ADMIN_LIST_H_

#include <grpcpp/support/status.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace warden {

// The words of a list's messages, in "no such block" and "the block list is full".
struct AdminListWords {
  const char* area;   // of the operator's log: "abuse"
  const char* entry;  // "block"
  const char* list;   // "block list"
};

// What is wrong with an entry that the caller sent. REQUIRES: an error of reading just that.
grpc::Status BadEntry(const absl::Status& status);

// What the caller may know of how the list took a change; the rest, which may name files and
// servers, is for the operator.
grpc::Status AdminStatus(const absl::Status& status, const AdminListWords& words);

// How many entries a page has, of what was asked for.
size_t AdminPageSize(uint32_t asked);

// Where a page begins: in the list of a source, after a position. The token of a source's beginning
// may have no position, that of the first source's is "".
struct AdminPlace {
  size_t source = 0;
  std::string after;
};
// `letters` has one for each source, with which its tokens begin. Nullopt: not such a token.
std::optional<AdminPlace> ReadPageToken(const std::string& token, std::string_view letters);
grpc::Status BadPageToken();

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_ADMIN_LIST_H_
