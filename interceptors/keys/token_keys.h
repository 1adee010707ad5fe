// Puts token verification together from the configuration: every issuer's keys, the verifier, the
// cache.
#ifndef WARDEN_INTERCEPTORS_KEYS_TOKEN_KEYS_H_
#define WARDEN_INTERCEPTORS_KEYS_TOKEN_KEYS_H_

#include <memory>

#include "authz/config/problem.h"
#include "authz/token/token_cache.h"
#include "interceptors/config.h"
#include "interceptors/keys/key_keeper.h"

namespace warden {

// Both null where no issuer is configured. The keeper changes the cache's keys until it is
// destroyed; the cache may live longer.
struct TokenKeys {
  std::shared_ptr<TokenCache> cache;
  std::unique_ptr<KeyKeeper> keeper;
};

// Waits for the first fetch of every issuer's keys. Adds what is wrong to `problems`, and then both
// are null. Keys that cannot be fetched are no problem where the issuer allows it.
TokenKeys MakeTokenKeys(const LoadedConfig& config, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_KEYS_TOKEN_KEYS_H_
