#include "authz/condition/access_environment.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

#include "authz/apikey/verified_api_key.h"
#include "authz/condition/containers.h"
#include "authz/identity/peer.h"
#include "authz/token/verified_token.h"
#include "nlohmann/json.hpp"

namespace warden::condition {
namespace {

Value Absent() { return Value::Error(kAbsent); }

Value TextOrAbsent(std::string_view text) { return text.empty() ? Absent() : Value::String(text); }

Value Strings(absl::Span<const std::string> list) {
  return Value::ListOf(list.data(), list.size());
}

// The path of a SPIFFE ID: what follows the trust domain, or nothing.
std::string_view PathOf(const Peer& peer) {
  constexpr std::string_view kScheme = "spiffe://";
  const std::string_view id = peer.spiffe_id;
  return id.substr(std::min(id.size(), kScheme.size() + peer.trust_domain.size()));
}

// The parts of RFC 6749 section 3.3's list, separated by spaces.
Value SplitScopes(Context& context, std::string_view text) {
  if (!context.ChargeBytes(text.size())) return Value::Error(kTooCostly);
  const auto most = static_cast<size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
  Value* const scopes = context.NewValues(most);
  if (scopes == nullptr) return Value::Error(kTooCostly);
  size_t count = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) scopes[count++] = Value::String(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return Value::ListOf(scopes, count);
}

// "shop.v1.Orders/Get" of "/shop.v1.Orders/Get".
std::string_view WithoutSlash(std::string_view method) {
  return method.starts_with('/') ? method.substr(1) : method;
}

Environment WithoutRoles() {
  const Type text = Type::Of(Kind::kString);
  const Type texts = Type::ListOf(text);
  const std::pair<const char*, Type> variables[] = {
      {"caller.subject", text},
      {"caller.issuer", text},
      {"caller.name", text},
      {"caller.authenticated", Type::Of(Kind::kBool)},
      {"caller.scopes", texts},
      {"caller.claims", Type::MapOf(text, Type())},
      {"caller.api_key_id", text},
      {"peer.spiffe_id", text},
      {"peer.trust_domain", text},
      {"peer.path", text},
      {"peer.common_name", text},
      {"peer.certificate_sha256", text},
      {"peer.address", text},
      {"peer.uris", texts},
      {"peer.dns_names", texts},
      {"method.full_name", text},
      {"method.service", text},
      {"method.name", text},
      {"now", Type::Of(Kind::kTimestamp)},
  };
  Environment environment;
  for (const auto& [name, type] : variables) environment.AddVariable(name, type);
  return environment;
}

}  // namespace

Environment AccessEnvironment(const google::protobuf::Descriptor* request) {
  Environment environment = WithoutRoles();
  environment.AddVariable("caller.roles", Type::ListOf(Type::Of(Kind::kString)));
  if (request == nullptr) return environment;
  environment.AddVariable("request", Type::OfMessage(*request));
  environment.AddScope(*request);
  return environment;
}

Environment BindingEnvironment() { return WithoutRoles(); }

Value AccessActivation::Read(Context& context, size_t variable) const {
  if (variable <= kCallerApiKeyId || variable == kCallerRoles) return ReadCaller(context, variable);
  if (variable <= kPeerDnsNames) return ReadPeer(variable);
  const std::string_view method = WithoutSlash(facts_.method);
  const size_t slash = std::min(method.find('/'), method.size());
  switch (variable) {
    case kMethodFullName:
      return TextOrAbsent(method);
    case kMethodService:
      return TextOrAbsent(method.substr(0, slash));
    case kMethodName:
      return TextOrAbsent(method.substr(std::min(slash + 1, method.size())));
    case kNow:
      return Value::Timestamp(facts_.now);
    case kRequest:
      return facts_.request == nullptr ? Absent() : ReadMessage(context, *facts_.request);
    default:
      return Absent();
  }
}

Value AccessActivation::ReadCaller(Context& context, size_t variable) const {
  const VerifiedToken* token = facts_.token;
  switch (variable) {
    case kCallerSubject:
      return token == nullptr ? Absent() : TextOrAbsent(token->subject());
    case kCallerIssuer:
      return token == nullptr ? Absent() : TextOrAbsent(token->issuer());
    case kCallerName:
      return TextOrAbsent(facts_.name);
    case kCallerAuthenticated:
      return Value::Bool(facts_.authenticated);
    case kCallerScopes:
      return ReadScopes(context);
    case kCallerClaims:
      return token == nullptr || !token->claims().is_object() ? Value::MapOf(nullptr, 0)
                                                              : Value::Json(token->claims());
    case kCallerApiKeyId:
      return facts_.api_key == nullptr ? Absent() : TextOrAbsent(facts_.api_key->id());
    default:
      return Strings(facts_.roles);
  }
}

Value AccessActivation::ReadScopes(Context& context) const {
  if (facts_.token == nullptr) {
    return facts_.api_key == nullptr ? Value::ListOf(static_cast<const Value*>(nullptr), 0)
                                     : Strings(facts_.api_key->scopes());
  }
  const nlohmann::json& claims = facts_.token->claims();
  const auto claim = claims.is_object() ? claims.find("scope") : claims.end();
  const std::string* text = claim == claims.end() ? nullptr : claim->get_ptr<const std::string*>();
  return SplitScopes(context, text == nullptr ? std::string_view() : std::string_view(*text));
}

Value AccessActivation::ReadPeer(size_t variable) const {
  if (variable == kPeerAddress) return TextOrAbsent(facts_.address);
  if (facts_.peer == nullptr) return Absent();
  const Peer& peer = *facts_.peer;
  switch (variable) {
    case kPeerSpiffeId:
      return TextOrAbsent(peer.spiffe_id);
    case kPeerTrustDomain:
      return TextOrAbsent(peer.trust_domain);
    case kPeerPath:
      return TextOrAbsent(PathOf(peer));
    case kPeerCommonName:
      return TextOrAbsent(peer.common_name);
    case kPeerCertificate:
      return TextOrAbsent(peer.certificate_sha256);
    case kPeerUris:
      return Strings(peer.uri_sans);
    case kPeerDnsNames:
      return Strings(peer.dns_sans);
    default:
      return Absent();
  }
}

}  // namespace warden::condition
