#include "interceptors/limits/limit.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

namespace pb = ::google::protobuf;
using Problems = std::vector<std::string>;

// Where limits were written: "rate_limit", or "service_rate_limit of shop.v1.Orders".
struct Source {
  std::vector<const v1::RateLimit*> options;
  std::string name;
};

template <typename Options, typename Extension>
bool Collect(const Options& options, const Extension& extension, Source* source) {
  for (int i = 0; i < options.ExtensionSize(extension); ++i) {
    source->options.push_back(&options.GetExtension(extension, i));
  }
  return !source->options.empty();
}

Source FindSource(const pb::MethodDescriptor& method) {
  Source source;
  if (Collect(method.options(), v1::rate_limit, &source)) {
    source.name = "rate_limit";
  } else if (Collect(method.service()->options(), v1::service_rate_limit, &source)) {
    source.name = absl::StrCat("service_rate_limit of ", method.service()->full_name());
  } else if (Collect(method.file()->options(), v1::file_rate_limit, &source)) {
    source.name = absl::StrCat("file_rate_limit of ", method.file()->name());
  }
  return source;
}

// google.protobuf.Duration: seconds and nanos of the same sign, nanos below a second.
bool IsWellFormed(const pb::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  return nanos > -1'000'000'000 && nanos < 1'000'000'000 && !(seconds > 0 && nanos < 0) &&
         !(seconds < 0 && nanos > 0);
}

std::optional<LimitKeys::Part> ToPart(int key) {
  using Part = LimitKeys::Part;
  switch (key) {
    case v1::PEER:
      return Part::kPeer;
    case v1::PRINCIPAL:
      return Part::kPrincipal;
    case v1::ADDRESS:
      return Part::kAddress;
    case v1::API_KEY:
      return Part::kApiKey;
    case v1::TENANT:
      return Part::kTenant;
    case v1::METHOD:
      return Part::kMethod;
    default:
      return std::nullopt;
  }
}

bool Has(const LimitKeys& keys, LimitKeys::Part part) {
  return std::find(keys.parts.begin(), keys.parts.end(), part) != keys.parts.end();
}

LimitSpec ReadSpec(const v1::RateLimit& option, Problems* problems) {
  LimitSpec spec;
  switch (option.algorithm()) {
    case v1::RateLimit::ALGORITHM_UNSPECIFIED:
    case v1::RateLimit::TOKEN_BUCKET:
      break;
    case v1::RateLimit::SLIDING_WINDOW:
      spec.algorithm = LimitSpec::Algorithm::kSlidingWindow;
      break;
    case v1::RateLimit::FIXED_WINDOW:
      spec.algorithm = LimitSpec::Algorithm::kFixedWindow;
      break;
    default:
      problems->push_back("algorithm: must be TOKEN_BUCKET, SLIDING_WINDOW or FIXED_WINDOW");
  }
  const bool well_formed = IsWellFormed(option.per());
  if (!option.has_per()) {
    problems->push_back("per: is required");
  } else if (!well_formed) {
    problems->push_back("per: is not a well-formed duration");
  }
  spec.requests = option.requests();
  spec.burst = option.burst() == 0 ? option.requests() : option.burst();
  // A value in the bounds stands in for one already complained about.
  spec.per = option.has_per() && well_formed
                 ? absl::Seconds(option.per().seconds()) + absl::Nanoseconds(option.per().nanos())
                 : absl::Seconds(1);
  for (std::string& problem : FindSpecProblems(spec)) {
    // A burst that was left out says nothing of its own.
    if (option.burst() == 0 && problem.starts_with("burst: must")) continue;
    problems->push_back(std::move(problem));
  }
  if (option.burst() != 0 && spec.algorithm != LimitSpec::Algorithm::kTokenBucket) {
    problems->push_back("burst: only with TOKEN_BUCKET");
  }
  return spec;
}

LimitCost ReadCost(const v1::RateLimit& option, const LimitSpec& spec,
                   const pb::MethodDescriptor* method, Problems* problems) {
  LimitCost cost;
  const bool streams = method != nullptr && method->client_streaming();
  switch (option.cost().cost_case()) {
    case v1::Cost::COST_NOT_SET:
      if (option.has_cost()) problems->push_back("cost: says none of fixed, field and bytes");
      return cost;
    case v1::Cost::kFixed:
      cost.fixed = option.cost().fixed();
      if (cost.fixed < 1) problems->push_back("cost.fixed: must be at least 1");
      if (cost.fixed > spec.size() && spec.size() > 0) {
        problems->push_back(absl::StrCat("cost.fixed: no call could pass: it is more than ",
                                         spec.size(), " at once"));
      }
      return cost;
    case v1::Cost::kField: {
      if (method == nullptr || streams) break;
      absl::StatusOr<CostField> field =
          CostField::Find(*method->input_type(), option.cost().field());
      if (field.ok()) {
        cost.field = *std::move(field);
      } else {
        problems->push_back(absl::StrCat("cost.field: ", field.status().message()));
      }
      return cost;
    }
    case v1::Cost::kBytes:
      if (method == nullptr || streams) break;
      cost.bytes = option.cost().bytes();
      if (cost.bytes < 1) problems->push_back("cost.bytes: must be at least 1");
      return cost;
  }
  problems->push_back(method == nullptr ? "cost: only `fixed`: there is no request yet"
                                        : "cost: only `fixed` for streams of requests");
  return cost;
}

void ReadStore(const v1::RateLimit& option, Limit* limit, Problems* problems) {
  switch (option.store()) {
    case v1::RateLimit::STORE_UNSPECIFIED:
    case v1::RateLimit::LOCAL:
      break;
    case v1::RateLimit::SHARED:
      limit->store = Limit::Store::kShared;
      break;
    case v1::RateLimit::SERVICE:
      limit->store = Limit::Store::kService;
      break;
    default:
      problems->push_back("store: must be LOCAL, SHARED or SERVICE");
  }
  const bool local = limit->store == Limit::Store::kLocal;
  switch (option.on_outage()) {
    case v1::RateLimit::OUTAGE_UNSPECIFIED:
      break;
    case v1::RateLimit::FAIL_OPEN:
      if (local) problems->push_back("on_outage: only with SHARED or SERVICE");
      break;
    case v1::RateLimit::FAIL_CLOSED:
      if (local) problems->push_back("on_outage: only with SHARED or SERVICE");
      limit->on_outage = Limit::Outage::kFailClosed;
      break;
    default:
      problems->push_back("on_outage: must be FAIL_OPEN or FAIL_CLOSED");
  }
  limit->lease = option.lease();
  if (option.lease() != 0 && limit->store != Limit::Store::kShared) {
    problems->push_back("lease: only with SHARED");
  }
  if (option.lease() > limit->spec.size() && limit->spec.size() > 0) {
    problems->push_back(absl::StrCat("lease: more than ", limit->spec.size(), " at once"));
  }
}

void ReadCount(const v1::RateLimit& option, Limit* limit, Problems* problems) {
  switch (option.count()) {
    case v1::RateLimit::COUNT_UNSPECIFIED:
    case v1::RateLimit::CALLS:
      return;
    case v1::RateLimit::FAILURES:
      limit->counts_failures = true;
      if (limit->store != Limit::Store::kLocal) {
        problems->push_back("store: must be LOCAL where FAILURES are counted");
      }
      if (limit->cost.needs_body()) {
        problems->push_back("cost: only `fixed` where FAILURES are counted: some have no request");
      }
      return;
    default:
      problems->push_back("count: must be CALLS or FAILURES");
  }
}

}  // namespace

LimitKeys ReadLimitKeys(const pb::RepeatedField<int>& key, const std::string& tenant_claim,
                        uint32_t ipv4_prefix, uint32_t ipv6_prefix, Problems* problems) {
  using Part = LimitKeys::Part;
  LimitKeys keys;
  for (const int one : key) {
    const std::optional<Part> part = ToPart(one);
    if (!part.has_value()) {
      problems->push_back("key: must be PEER, PRINCIPAL, ADDRESS, API_KEY, TENANT or METHOD");
    } else if (Has(keys, *part)) {
      problems->push_back(absl::StrCat("key: ", std::string(ToString(*part)), " twice"));
    } else {
      keys.parts.push_back(*part);
    }
  }
  if (key.empty()) problems->push_back("key: is required");
  if (Has(keys, Part::kTenant)) {
    absl::StatusOr<ClaimPath> path = ParseClaimPath(tenant_claim);
    if (path.ok()) {
      keys.tenant_claim = *std::move(path);
    } else {
      problems->push_back(absl::StrCat("tenant_claim: ", path.status().message()));
    }
  } else if (!tenant_claim.empty()) {
    problems->push_back("tenant_claim: only with TENANT");
  }
  if ((ipv4_prefix != 0 || ipv6_prefix != 0) && !Has(keys, Part::kAddress)) {
    problems->push_back("ipv4_prefix, ipv6_prefix: only with ADDRESS");
  }
  if (ipv4_prefix > 32) problems->push_back("ipv4_prefix: must be 1 to 32");
  if (ipv6_prefix > 128) problems->push_back("ipv6_prefix: must be 1 to 128");
  if (ipv4_prefix != 0) keys.ipv4_prefix = ipv4_prefix;
  if (ipv6_prefix != 0) keys.ipv6_prefix = ipv6_prefix;
  return keys;
}

std::string_view ToString(LimitKeys::Part part) {
  switch (part) {
    case LimitKeys::Part::kPeer:
      return "peer";
    case LimitKeys::Part::kPrincipal:
      return "principal";
    case LimitKeys::Part::kAddress:
      return "address";
    case LimitKeys::Part::kApiKey:
      return "api_key";
    case LimitKeys::Part::kTenant:
      return "tenant";
    case LimitKeys::Part::kMethod:
      return "method";
  }
  return "unknown";
}

std::string LabelOf(const LimitKeys& keys) {
  return absl::StrJoin(keys.parts, "+",
                       [](std::string* out, LimitKeys::Part part) { out->append(ToString(part)); });
}

Limit ReadLimit(const v1::RateLimit& option, const pb::MethodDescriptor* method,
                Problems* problems) {
  Limit limit;
  limit.keys = ReadLimitKeys(option.key(), option.tenant_claim(), option.ipv4_prefix(),
                             option.ipv6_prefix(), problems);
  limit.label = LabelOf(limit.keys);
  limit.spec = ReadSpec(option, problems);
  limit.cost = ReadCost(option, limit.spec, method, problems);
  ReadStore(option, &limit, problems);
  ReadCount(option, &limit, problems);
  if (limit.lease != 0 && limit.cost.needs_body()) {
    problems->push_back("lease: only where calls cost the same");
  }
  limit.name = option.name();
  v1::RateLimit said = option;
  said.clear_cost();
  limit.said = said.SerializeAsString();
  return limit;
}

absl::StatusOr<std::vector<Limit>> ResolveLimits(const pb::MethodDescriptor& method) {
  const Source source = FindSource(method);
  std::vector<Limit> limits;
  Problems problems;
  const auto report = [&](size_t index, const std::string& problem) {
    const std::string which = source.options.size() == 1 ? "" : absl::StrCat("[", index, "]");
    problems.push_back(absl::StrCat(method.full_name(), ": ", source.name, which, ": ", problem));
  };
  for (size_t i = 0; i < source.options.size(); ++i) {
    Problems found;
    Limit limit = ReadLimit(*source.options[i], &method, &found);
    for (const std::string& problem : found) report(i, problem);
    for (const Limit& other : limits) {
      if (!limit.name.empty() && limit.name == other.name) report(i, "name: stands twice");
    }
    limit.index = static_cast<uint32_t>(i);
    limits.push_back(std::move(limit));
  }
  if (limits.size() > kMaxLimits) {
    report(kMaxLimits, absl::StrCat("a method can have ", kMaxLimits, " limits"));
  }
  if (problems.empty()) return limits;
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

bool LimitIds::Assign(Limit* limit) {
  if (limit->name.empty()) {
    limit->id = next_++;
    return true;
  }
  const auto [entry, added] = named_.try_emplace(limit->name, limit->said, next_);
  if (added) ++next_;
  limit->id = entry->second.second;
  return entry->second.first == limit->said;
}

}  // namespace warden
