// A limit as it was written in a `.proto` or in the configuration, resolved and checked.
#ifndef WARDEN_INTERCEPTORS_LIMITS_LIMIT_H_
#define WARDEN_INTERCEPTORS_LIMITS_LIMIT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "authz/token/claim_path.h"
#include "interceptors/limits/cost_field.h"
#include "interceptors/limits/limit_spec.h"

namespace google::protobuf {
class MethodDescriptor;
template <typename Element>
class RepeatedField;
}  // namespace google::protobuf

namespace warden {

namespace v1 {
class RateLimit;
}

// Who has a share of their own; each combination of several parts has one.
struct LimitKeys {
  enum class Part : uint8_t { kPeer, kPrincipal, kAddress, kApiKey, kTenant, kMethod };
  std::vector<Part> parts;                      // at least one, none twice
  ClaimPath tenant_claim;                       // of kTenant
  uint32_t ipv4_prefix = 32, ipv6_prefix = 64;  // of kAddress
  friend bool operator==(const LimitKeys&, const LimitKeys&) = default;
};
// "peer", "principal", ...
std::string_view ToString(LimitKeys::Part part);
// "tenant+method": the metric label, and what a refused client learns.
std::string LabelOf(const LimitKeys& keys);

// What a call costs. `field` and `bytes` are known only once the body was parsed.
struct LimitCost {
  uint32_t fixed = 1;
  std::optional<CostField> field;
  uint64_t bytes = 0;  // 0: not by bytes
  bool needs_body() const { return field.has_value() || bytes != 0; }
};

struct Limit {
  enum class Store : uint8_t { kLocal, kShared, kService };
  enum class Outage : uint8_t { kFailOpen, kFailClosed };

  LimitSpec spec;
  LimitKeys keys;
  LimitCost cost;
  Store store = Store::kLocal;
  Outage on_outage = Outage::kFailOpen;
  uint32_t lease = 0;
  bool counts_failures = false;
  std::string name;    // "" where it has none
  std::string label;   // LabelOf(keys)
  std::string said;    // all but its cost, to be compared with others of its name
  uint32_t id = 0;     // of its buckets; LimitIds gives it
  uint32_t index = 0;  // its place among those of its method, or of the connection
};

// The most limits of one method.
inline constexpr size_t kMaxLimits = 8;

// Adds every problem as "field: problem". 0 stands for a prefix that was left out.
LimitKeys ReadLimitKeys(const google::protobuf::RepeatedField<int>& key,
                        const std::string& tenant_claim, uint32_t ipv4_prefix, uint32_t ipv6_prefix,
                        std::vector<std::string>* problems);

// What `option` says; `method` is the one whose requests a cost by field is read of, null in the
// configuration. Adds every problem likewise.
Limit ReadLimit(const v1::RateLimit& option, const google::protobuf::MethodDescriptor* method,
                std::vector<std::string>* problems);

// The limits of a method: its own `rate_limit` options, else its service's `service_rate_limit`,
// else its file's `file_rate_limit`, else none. The nearest options count as a whole; neither lists
// nor fields are merged. InvalidArgument lists every problem, one a line, with method, option and
// field.
absl::StatusOr<std::vector<Limit>> ResolveLimits(const google::protobuf::MethodDescriptor& method);

// Numbers limits from kMaxLimits: the numbers below are the configuration's. Those with the same
// name are one limit.
class LimitIds {
 public:
  // False where another limit of the same name says something else; calls may cost differently.
  bool Assign(Limit* limit);

 private:
  uint32_t next_ = kMaxLimits;
  absl::flat_hash_map<std::string, std::pair<std::string, uint32_t>> named_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_LIMIT_H_
