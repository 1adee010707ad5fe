#include "interceptors/limits/concurrency.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/limits/option_source.h"
#include "warden/v1/annotations.pb.h"

namespace warden {

void InFlightPlace::Release() {
  const std::shared_ptr<ConcurrencyLimiter> limiter = std::exchange(limiter_, nullptr);
  if (limiter != nullptr) limiter->Leave(key_);
}

ConcurrencyLimiter::ConcurrencyLimiter(Limits limits)
    : limits_(std::move(limits)), hash_key_(SipKey::Random()) {}

ConcurrencyLimiter::Result ConcurrencyLimiter::Enter(std::string_view key, InFlightPlace* place) {
  // Counted first: of several that come at once, no more than fit get in.
  const uint64_t before = calls_.fetch_add(1, std::memory_order_relaxed);
  if (limits_.max_calls != 0 && before >= limits_.max_calls) {
    calls_.fetch_sub(1, std::memory_order_relaxed);
    return Result::kAll;
  }
  std::optional<Hash128> hash;
  if (limits_.max_calls_each != 0) {
    hash = SipHash128(hash_key_, 0, key);
    if (!EnterKey(*hash)) {
      calls_.fetch_sub(1, std::memory_order_relaxed);
      return Result::kKey;
    }
  }
  place->Release();
  place->limiter_ = shared_from_this();
  place->key_ = hash;
  return Result::kEntered;
}

bool ConcurrencyLimiter::EnterKey(const Hash128& key) {
  Shard& shard = ShardOf(key);
  MutexLock lock(&shard.mutex);
  uint32_t& calls = shard.calls[key];
  if (calls >= limits_.max_calls_each) return false;  // then it is not 0, and no entry is left over
  ++calls;
  return true;
}

void ConcurrencyLimiter::Leave(const std::optional<Hash128>& key) {
  if (key.has_value()) {
    Shard& shard = ShardOf(*key);
    MutexLock lock(&shard.mutex);
    const auto found = shard.calls.find(*key);
    if (found != shard.calls.end() && --found->second == 0) shard.calls.erase(found);
  }
  calls_.fetch_sub(1, std::memory_order_relaxed);
}

size_t ConcurrencyLimiter::tracked_keys() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    total += shard.calls.size();
  }
  return total;
}

absl::StatusOr<std::shared_ptr<ConcurrencyLimiter>> ResolveConcurrency(
    const google::protobuf::MethodDescriptor& method) {
  const auto source = FindOption<v1::ConcurrencyLimit>(
      method, "concurrency", v1::concurrency, v1::service_concurrency, v1::file_concurrency);
  if (source.option == nullptr) return std::shared_ptr<ConcurrencyLimiter>();
  const v1::ConcurrencyLimit& option = *source.option;
  std::vector<std::string> problems;
  ConcurrencyLimiter::Limits limits;
  limits.max_calls = option.max_calls();
  limits.max_calls_each = option.max_calls_each();
  if (option.max_calls() == 0 && option.max_calls_each() == 0) {
    problems.push_back("max_calls, max_calls_each: one of them is required");
  }
  if (option.max_calls_each() != 0) {
    limits.keys = ReadLimitKeys(option.key(), option.tenant_claim(), option.ipv4_prefix(),
                                option.ipv6_prefix(), &problems);
    limits.label = LabelOf(limits.keys);
  } else if (option.key_size() != 0 || !option.tenant_claim().empty() ||
             option.ipv4_prefix() != 0 || option.ipv6_prefix() != 0) {
    problems.push_back("key: only with max_calls_each");
  }
  if (problems.empty()) return std::make_shared<ConcurrencyLimiter>(std::move(limits));
  for (std::string& problem : problems) {
    problem = absl::StrCat(method.full_name(), ": ", source.name, ": ", problem);
  }
  return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

}  // namespace warden
