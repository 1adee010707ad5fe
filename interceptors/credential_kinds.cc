#include "interceptors/credential_kinds.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "authz/policy/access.h"

namespace warden {
namespace {

void CheckApiKeysConfig(const v1::ApiKeysConfig& keys, const SourceMap& places,
                        ProblemList* problems) {
  if (keys.file().empty() == keys.sqlite_file().empty()) {
    problems->AddAt(places, "api_keys", "needs exactly one of `file` and `sqlite_file`");
  }
  if (keys.hash_secret_file().empty()) {
    problems->AddAt(places, "api_keys.hash_secret_file",
                    "is required: a file of at least 32 random bytes");
  }
  const absl::Duration interval =
      DurationOr(keys.has_reload_interval(), keys.reload_interval(), absl::Seconds(5));
  if (interval < absl::Milliseconds(100) || interval > absl::Hours(24)) {
    problems->AddAt(places, "api_keys.reload_interval", "must be 100ms to 1d");
  }
}

// Only a token says how its subject was authenticated.
void CheckStepUp(const GuardedMethod& method, CredentialSet known, ProblemList* problems) {
  if (method.step_up == nullptr) return;
  const char* why = nullptr;
  if (!method.authn.Accepts(Credential::kBearer)) {
    why = "the method's `authn` does not accept BEARER";
  } else if (!known.Has(Credential::kBearer)) {
    why = "no issuer of tokens is configured";
  }
  if (why == nullptr) return;
  problems->Add(PlaceOf(*method.descriptor),
                absl::StrCat(method.descriptor->full_name(),
                             ": has `step_up`, which only a token can satisfy, but ", why));
}

}  // namespace

void CheckCredentialKinds(const v1::Config& config, const SourceMap& places,
                          ProblemList* problems) {
  if (config.has_api_keys()) CheckApiKeysConfig(config.api_keys(), places, problems);
  if (!config.has_authn()) return;
  MethodAuthn authn;
  for (const std::string& problem : ReadAuthn(config.authn(), &authn)) {
    problems->AddAt(places, "authn", problem);
  }
  const CredentialSet known = KnownCredentials(config);
  if (!authn.SatisfiableWith(known)) {
    problems->AddAt(places, "authn", UnsatisfiableAuthn(authn, known));
  }
}

CredentialSet KnownCredentials(const v1::Config& config) {
  CredentialSet known;
  known.Add(Credential::kPeer);  // of every port but a plaintext one
  if (!config.tokens().issuers().empty() || config.tokens().has_introspection()) {
    known.Add(Credential::kBearer);
  }
  if (config.has_api_keys()) known.Add(Credential::kApiKey);
  return known;
}

void ResolveAuthn(const LoadedConfig& config, std::deque<GuardedMethod>* methods,
                  ProblemList* problems) {
  const CredentialSet known = KnownCredentials(config.config);
  MethodAuthn otherwise;
  ReadAuthn(config.config.authn(), &otherwise);  // checked when it was read
  for (GuardedMethod& method : *methods) {
    const MethodAccess& access = method.access;
    if (access.kind == MethodAccess::Kind::kPublic) continue;
    method.authn = access.authn.value_or(otherwise);
    CheckStepUp(method, known, problems);
    if (!access.authn.has_value() || method.authn.SatisfiableWith(known)) continue;
    problems->Add(PlaceOf(*method.descriptor),
                  absl::StrCat(method.descriptor->full_name(), ": ",
                               UnsatisfiableAuthn(method.authn, known)));
  }
}

}  // namespace warden
