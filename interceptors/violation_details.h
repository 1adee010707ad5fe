// Broken rules as the client is told of them, so that it can show them in any language. What is
// said stays below gRPC's 8 KiB for the metadata of an answer, whatever the request and the rules
// are: a client that may not read the answer would not know why it was refused.
//
//   BadRequest.field_violations[i]
//     field        path from the request: `items[2].sku`; cut after some 1000 bytes
//     description  English, with the rule's id: "must be at least 3 characters long
//     [string.min_len]" reason       the rule's id as https://google.aip.dev/193 wants it:
//     STRING_MIN_LEN
//   ErrorInfo.metadata
//     rule_<i>             the rule's id: `string.min_len`
//     rule_<i>_<constant>  what the rule asks for, by its name: rule_0_min_len = 3
#ifndef WARDEN_INTERCEPTORS_VIOLATION_DETAILS_H_
#define WARDEN_INTERCEPTORS_VIOLATION_DETAILS_H_

#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "interceptors/rules/program.h"

namespace warden {

// The first violations, at least one. Thread-safe.
google::rpc::BadRequest DescribeViolations(const std::vector<Violation>& violations);

// Adds to the metadata what is said of the first violations. Thread-safe.
void AddRuleConstants(const std::vector<Violation>& violations, google::rpc::ErrorInfo* error);

// For the operator: which fields broke which rules, without their values. Thread-safe.
std::string SummaryOf(const std::vector<Violation>& violations);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_VIOLATION_DETAILS_H_
