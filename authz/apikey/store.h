// The API keys in force.
#ifndef WARDEN_AUTHZ_APIKEY_STORE_H_
#define WARDEN_AUTHZ_APIKEY_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "authz/apikey/key_set.h"
#include "authz/sync/published.h"

namespace warden {

// Thread-safe. REQUIRES: sets are not null.
class ApiKeyStore {
 public:
  explicit ApiKeyStore(const std::shared_ptr<const ApiKeySet>& set) : set_(set) {}

  // As ApiKeySet::Verify, by the set in force.
  ApiKeyResult Verify(std::string_view text, absl::Time now) const {
    return set_.Get()->Verify(text, now);
  }

  std::shared_ptr<const ApiKeySet> current() const { return set_.Get(); }
  void Replace(const std::shared_ptr<const ApiKeySet>& set) {
    set_.Set(set);
    generation_.fetch_add(1, std::memory_order_release);
  }
  // Another number after each Replace.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  Published<ApiKeySet> set_;
  std::atomic<uint64_t> generation_{0};
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_STORE_H_
