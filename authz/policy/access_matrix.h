// Who may call what: the matrix of methods and roles that `warden access matrix` prints and the
// admin port shows.
#ifndef WARDEN_AUTHZ_POLICY_ACCESS_MATRIX_H_
#define WARDEN_AUTHZ_POLICY_ACCESS_MATRIX_H_

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/policy/access.h"
#include "authz/policy/policy.h"

namespace warden {

struct AccessMatrix {
  struct Row {
    std::string method;  // "/orders.v1.OrderService/GetOrder"
    MethodAccess access;
    bool anonymous = false;      // whether a caller without credentials may call,
    bool authenticated = false;  // one with credentials and no role,
    std::vector<bool> roles;     // one with this role alone
  };
  std::string policy_sha256;
  std::vector<std::string> roles;  // sorted
  std::vector<Row> rows;           // in the methods' order
};

// Asks the rules that the server decides by. InvalidArgument with every problem of CheckMethods.
absl::StatusOr<AccessMatrix> MakeAccessMatrix(
    const std::vector<const google::protobuf::MethodDescriptor*>& methods,
    std::shared_ptr<const Policy> policy);

std::string MatrixAsTable(const AccessMatrix& matrix);
std::string MatrixAsMarkdown(const AccessMatrix& matrix);
// A page of its own, without scripts.
std::string MatrixAsHtml(const AccessMatrix& matrix);
std::string MatrixAsJson(const AccessMatrix& matrix);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_ACCESS_MATRIX_H_
