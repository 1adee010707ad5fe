// Makes, rotates and disables API keys in a list of them: what `warden apikey` does.
#ifndef WARDEN_AUTHZ_APIKEY_LIFECYCLE_H_
#define WARDEN_AUTHZ_APIKEY_LIFECYCLE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/apikey/hasher.h"
#include "warden/v1/api_keys.pb.h"

namespace warden {

struct NewApiKey {
  std::string id;  // made at random where empty
  std::string subject;
  std::string description;
  std::vector<std::string> scopes;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> expires;
};

// Each works on `*keys` and leaves it as it was on an error: NotFound if there is no such key,
// AlreadyExists, InvalidArgument if the list would not be one that a server loads. The returned
// text is the only copy of the key.
absl::StatusOr<std::string> CreateApiKey(const NewApiKey& spec, const ApiKeyHasher& hasher,
                                         absl::Time now, v1::ApiKeys* keys);

// Gives the key one more secret, until `expires`. Those that it had go on to be good for `overlap`
// at the most, and are removed once they have expired.
absl::StatusOr<std::string> RotateApiKey(const std::string& id, absl::Duration overlap,
                                         std::optional<absl::Time> expires,
                                         const ApiKeyHasher& hasher, absl::Time now,
                                         v1::ApiKeys* keys);

absl::Status SetApiKeyDisabled(const std::string& id, bool disabled, v1::ApiKeys* keys);
absl::Status DeleteApiKey(const std::string& id, v1::ApiKeys* keys);

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_LIFECYCLE_H_
