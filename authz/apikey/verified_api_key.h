// An API key that was verified.
#ifndef WARDEN_AUTHZ_APIKEY_VERIFIED_API_KEY_H_
#define WARDEN_AUTHZ_APIKEY_VERIFIED_API_KEY_H_

#include <array>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace warden {

// Only ApiKeySet makes one, so who holds one from a verification holds the proof that a caller
// knew the key's secret. Does not have the secret. Immutable, held by `shared_ptr<const
// VerifiedApiKey>`; safe to keep and to read from any thread.
class VerifiedApiKey {
 public:
  VerifiedApiKey(const VerifiedApiKey&) = delete;
  VerifiedApiKey& operator=(const VerifiedApiKey&) = delete;

  const std::string& id() const { return id_; }
  const std::string& subject() const { return subject_; }           // never empty
  absl::Span<const std::string> scopes() const { return scopes_; }  // sorted

  // Good from not_before() on and before expires_at(): the key's times, and those of the secret
  // that the caller used. InfinitePast() and InfiniteFuture() where there are none.
  absl::Time not_before() const { return not_before_; }
  absl::Time expires_at() const { return expires_at_; }
  bool ValidAt(absl::Time now) const { return now >= not_before_ && now < expires_at_; }

 private:
  friend class ApiKeySet;
  VerifiedApiKey() = default;

  std::string id_;
  std::string subject_;
  std::vector<std::string> scopes_;
  std::array<unsigned char, 32> hash_{};  // of the secret that was used, to find it again
  absl::Time not_before_ = absl::InfiniteFuture();
  absl::Time expires_at_ = absl::InfinitePast();
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_VERIFIED_API_KEY_H_
