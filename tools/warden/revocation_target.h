// The list that the revocation verbs work on: a file, or Redis.
#ifndef WARDEN_TOOLS_WARDEN_REVOCATION_TARGET_H_
#define WARDEN_TOOLS_WARDEN_REVOCATION_TARGET_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/revocation/revocation.h"

namespace warden::cli {

struct RevocationTarget {
  std::string file;
  std::string redis;
  std::string username;
  std::string password_file;
  std::string ca_file;
  std::string key_prefix = "warden:";
  size_t max_entries = 1'000'000;
};

// The flags --file, --redis and what belongs to it.
void AddTargetOptions(CLI::App& verb, RevocationTarget* target);

// InvalidArgument unless exactly one list is named.
absl::StatusOr<Revocation> RevokeIn(const RevocationTarget& target, const Revocation& revocation,
                                    absl::Time now);
// NotFound where it was not there.
absl::Status LiftIn(const RevocationTarget& target, const RevocationKey& key, absl::Time now);
// Calls `each` for every entry that has not expired.
absl::Status ListIn(const RevocationTarget& target, absl::Time now,
                    const std::function<void(const Revocation&)>& each);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_REVOCATION_TARGET_H_
