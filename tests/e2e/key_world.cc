#include "tests/e2e/key_world.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/apikey/yaml_file.h"
#include "interceptors/grpc/caller.h"
#include "tests/e2e/eventually.h"
#include "warden/testing/v1/authn.grpc.pb.h"

namespace warden::testing {
namespace {

constexpr char kSecret[] = "the hash secret of a test's world";

constexpr char kKeyPolicy[] = R"(
roles:
  caller: {permissions: [probe.call]}
  admin: {permissions: [probe.call, probe.admin]}
  auditor: {permissions: [probe.audit]}
bindings:
  - {roles: [caller], claim: {path: roles, values: [caller]}}
  - {roles: [caller], api_key: {scopes: [probe.call]}}
  - {roles: [admin], api_key: {ids: [admin-key]}}
  - {roles: [auditor], peer: {spiffe_ids: ["spiffe://probe.test/auditor"]}}
)";

constexpr char kKeyConfig[] = R"(api_keys:
  file: keys.yaml
  hash_secret_file: keys.secret
  reload_interval: 100ms
)";

class AuthnService final : public v1::Authn::Service {
 public:
  void CountIn(std::atomic<int>* runs) { runs_ = runs; }

#define WARDEN_AUTHN_METHOD(Method)                                          \
  grpc::Status Method(grpc::ServerContext* context, const v1::AuthnRequest*, \
                      v1::ProbeReply* reply) override {                      \
    ++*runs_;                                                                \
    const std::shared_ptr<const Principal> caller = CallerOf(context);       \
    reply->set_caller(std::string(caller->name()));                          \
    for (const std::string& role : caller->roles()) reply->add_roles(role);  \
    return grpc::Status::OK;                                                 \
  }
  WARDEN_AUTHN_METHOD(KeyAlone)
  WARDEN_AUTHN_METHOD(PeerAlone)
  WARDEN_AUTHN_METHOD(PeerWithRole)
  WARDEN_AUTHN_METHOD(TokenOrKey)
  WARDEN_AUTHN_METHOD(TokenAndKey)
  WARDEN_AUTHN_METHOD(PeerAndTokenOrKey)
  WARDEN_AUTHN_METHOD(RoleOfPeerThatDoesNotCount)
  WARDEN_AUTHN_METHOD(Anything)
  WARDEN_AUTHN_METHOD(Default)
  WARDEN_AUTHN_METHOD(Open)
#undef WARDEN_AUTHN_METHOD

 private:
  std::atomic<int>* runs_ = nullptr;
};

WorldOptions WithKeys(WorldOptions options, const std::shared_ptr<AuthnService>& service) {
  if (options.policy.empty()) options.policy = kKeyPolicy;
  if (options.extra_config.find("api_keys:") == std::string::npos) {
    options.extra_config += kKeyConfig;
  }
  // The options keep the service: they live longer than the server.
  options.customize = [customize = options.customize, service](ServerBuilder& builder) {
    builder.RegisterService(service.get());
    if (customize) customize(builder);
  };
  return options;
}

}  // namespace

KeyWorld::KeyWorld(WorldOptions options)
    : KeyWorld(std::move(options), std::make_shared<AuthnService>()) {}

template <typename Service>
KeyWorld::KeyWorld(WorldOptions options, const std::shared_ptr<Service>& service)
    : World(WithKeys(std::move(options), service)),
      hasher_(ApiKeyHasher::FromSecret(kSecret).value()) {
  service->CountIn(counter());
  Write("keys.secret", kSecret);
  Replace(FormatApiKeys(keys_));
}

void KeyWorld::Replace(const std::string& text) const {
  Write("keys.yaml.new", text);
  std::filesystem::rename(folder() / "keys.yaml.new", folder() / "keys.yaml");
}

void KeyWorld::Edit(const std::function<absl::Status(::warden::v1::ApiKeys*)>& change) {
  const absl::Status changed = change(&keys_);
  if (!changed.ok()) throw std::runtime_error(std::string(changed.message()));
  Replace(FormatApiKeys(keys_));
}

std::string KeyWorld::AddKey(NewApiKey spec) {
  if (spec.subject.empty()) spec.subject = spec.id;
  std::string text;
  Edit([&](::warden::v1::ApiKeys* keys) -> absl::Status {
    absl::StatusOr<std::string> made = CreateApiKey(spec, *hasher_, absl::Now(), keys);
    if (!made.ok()) return made.status();
    text = *std::move(made);
    return absl::OkStatus();
  });
  return text;
}

std::string KeyWorld::Rotate(const std::string& id, absl::Duration overlap) {
  std::string text;
  Edit([&](::warden::v1::ApiKeys* keys) -> absl::Status {
    absl::StatusOr<std::string> made =
        RotateApiKey(id, overlap, std::nullopt, *hasher_, absl::Now(), keys);
    if (!made.ok()) return made.status();
    text = *std::move(made);
    return absl::OkStatus();
  });
  return text;
}

bool KeyWorld::EventuallyRefused(const RawCall& call, const Refused& as) {
  return Eventually([&] {
    const Answer answer = Send(call);
    return answer.code == as.code && answer.reason == as.reason &&
           sink().records().back().reason == as.label;
  });
}

bool KeyWorld::EventuallyAllowed(const RawCall& call) {
  return Eventually([&] { return Send(call).ok(); });
}

RawCall KeyWorld::KeyCall(const std::string& method, const std::string& key,
                          const std::string& token) {
  RawCall call = Call(method, token);
  if (method[0] == '/') call.method = method;
  if (!key.empty()) call.metadata.emplace_back("x-api-key", key);
  return call;
}

std::string AuthnMethod(const std::string& name) { return "/warden.testing.v1.Authn/" + name; }

}  // namespace warden::testing
