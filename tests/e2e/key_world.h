// A world with API keys, and with the service whose methods accept some credentials and not others.
#ifndef WARDEN_TESTS_E2E_KEY_WORLD_H_
#define WARDEN_TESTS_E2E_KEY_WORLD_H_

#include <functional>
#include <memory>
#include <string>

#include "authz/apikey/lifecycle.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/world.h"

namespace warden::testing {

inline const Refused kNotAccepted = {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_NOT_ACCEPTED",
                                     "credentials_not_accepted"};
inline const Refused kExpiredKey = {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_EXPIRED",
                                    "api_key_expired"};

// Looks at its keys each 100 ms. The scope `probe.call` gives the role caller, the id `admin-key`
// the role admin, and the peer spiffe://probe.test/auditor the role auditor.
class KeyWorld final : public World {
 public:
  explicit KeyWorld(WorldOptions options = {});

  // Changes the file of keys, which is replaced as a whole. REQUIRES: one thread at a time.
  void Edit(const std::function<absl::Status(::warden::v1::ApiKeys*)>& change);
  // A new key, written down; its text. The subject is the id where absent.
  std::string AddKey(NewApiKey spec);
  // The new text of a key that goes on to be good for `overlap`.
  std::string Rotate(const std::string& id, absl::Duration overlap);
  // Puts a text in the place of the file of keys.
  void Replace(const std::string& text) const;

  // Refused with `as` since the server has taken the keys up.
  bool EventuallyRefused(const RawCall& call, const Refused& as);
  bool EventuallyAllowed(const RawCall& call);
  Answer Send(const RawCall& call) { return Perform(channel(), call); }

  static RawCall KeyCall(const std::string& method, const std::string& key,
                         const std::string& token = "");
  const ApiKeyHasher& hasher() const { return *hasher_; }

 private:
  template <typename Service>
  KeyWorld(WorldOptions options, const std::shared_ptr<Service>& service);

  const std::shared_ptr<const ApiKeyHasher> hasher_;
  ::warden::v1::ApiKeys keys_;
};

// "/warden.testing.v1.Authn/NAME".
std::string AuthnMethod(const std::string& name);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_KEY_WORLD_H_
