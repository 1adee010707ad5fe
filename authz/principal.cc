#include "authz/principal.h"

#include <algorithm>
#include <utility>

#include "authz/apikey/verified_api_key.h"
#include "authz/token/verified_token.h"

namespace warden {
namespace {

const std::string& EmptyText() {
  static const std::string* const empty = new std::string;
  return *empty;
}

}  // namespace

const std::shared_ptr<const Principal>& Principal::Anonymous() {
  static const auto* const anonymous = new std::shared_ptr<const Principal>(
      new Principal(VerifiedCredentials{.peer = std::make_shared<Peer>()}, {},
                    std::make_shared<NameTable>(std::vector<std::string>()), CallerRights()));
  return *anonymous;
}

Principal::Principal(VerifiedCredentials caller, std::vector<std::string> roles,
                     std::shared_ptr<const NameTable> permission_names, CallerRights rights)
    : caller_(std::move(caller)),
      roles_(std::move(roles)),
      permission_names_(std::move(permission_names)),
      rights_(std::move(rights)) {}

const std::string& Principal::issuer() const {
  return token() == nullptr ? EmptyText() : token()->issuer();
}

const std::string& Principal::subject() const {
  return token() == nullptr ? EmptyText() : token()->subject();
}

std::string_view Principal::name() const {
  if (!subject().empty()) return subject();
  if (api_key() != nullptr) return api_key()->subject();
  if (caller_.peer_counts && !peer().name().empty()) return peer().name();
  return "anonymous";
}

bool Principal::HasRole(std::string_view role) const {
  return std::binary_search(roles_.begin(), roles_.end(), role);
}

bool Principal::HasPermission(std::string_view permission) const {
  const std::optional<uint32_t> id = permission_names_->Find(permission);
  if (id.has_value()) return rights_.permissions.Has(*id);
  bool covered = false;
  permission_names_->ForEachCovering(permission, [&](uint32_t wildcard) {
    covered = covered || rights_.permissions.Has(wildcard);
  });
  return covered;
}

std::vector<std::string> Principal::permissions() const {
  std::vector<std::string> names;
  rights_.permissions.ForEach(
      [&](size_t id) { names.push_back(permission_names_->name(static_cast<uint32_t>(id))); });
  return names;
}

}  // namespace warden
