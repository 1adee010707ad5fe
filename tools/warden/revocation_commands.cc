#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "authz/config/proto_time.h"
#include "authz/revocation/revocation_proto.h"
#include "nlohmann/json.hpp"
#include "tools/warden/commands.h"
#include "tools/warden/revocation_target.h"

namespace warden::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct Options {
  RevocationTarget target;
  RevocationKey key;
  std::string reason;
  std::string issued_before;
  std::string expires_at;
  std::string expires_in;
};

int Fail(const absl::Status& status) {
  std::cerr << "warden: " << status.message() << '\n';
  return absl::IsNotFound(status) ? kNo : kUsage;
}

// One entry as one line of JSON.
void Print(const Revocation& revocation) {
  OrderedJson line;
  line["kind"] = std::string(ToString(revocation.key.kind));
  if (!revocation.key.issuer.empty()) line["issuer"] = revocation.key.issuer;
  line["id"] = revocation.key.id;
  if (revocation.key.kind == RevocationKind::kSubject) {
    line["issued_before"] = FormatUtc(revocation.issued_before);
  }
  if (!revocation.reason.empty()) line["reason"] = revocation.reason;
  line["revoked_at"] = FormatUtc(revocation.revoked_at);
  if (revocation.expires_at != absl::InfiniteFuture()) {
    line["expires_at"] = FormatUtc(revocation.expires_at);
  }
  std::cout << line.dump() << '\n';
}

absl::Status ReadTime(const char* flag, const std::string& text, absl::Time* time) {
  std::string error;
  if (text.empty() || absl::ParseTime(absl::RFC3339_full, text, time, &error)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(std::string(flag) +
                                    ": not a time such as 2030-01-31T00:00:00Z");
}

absl::StatusOr<Revocation> ReadEntry(const Options& options, absl::Time now) {
  Revocation revocation = {.key = options.key, .reason = options.reason};
  for (const absl::Status& status :
       {ReadTime("--issued-before", options.issued_before, &revocation.issued_before),
        ReadTime("--expires-at", options.expires_at, &revocation.expires_at)}) {
    if (!status.ok()) return status;
  }
  if (!options.expires_in.empty()) {
    absl::Duration duration;
    if (!options.expires_at.empty() || !absl::ParseDuration(options.expires_in, &duration) ||
        duration <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError(
          "--expires-in: not a duration such as 24h, or beside --expires-at");
    }
    revocation.expires_at = now + duration;
  }
  if (revocation.expires_at <= now) return absl::InvalidArgumentError("--expires-at: is over");
  return NormalRevocation(std::move(revocation), now);
}

int Revoke(const Options& options) {
  const absl::Time now = absl::Now();
  const absl::StatusOr<Revocation> revocation = ReadEntry(options, now);
  if (!revocation.ok()) return Fail(revocation.status());
  const absl::StatusOr<Revocation> made = RevokeIn(options.target, *revocation, now);
  if (!made.ok()) return Fail(made.status());
  Print(*made);
  return kYes;
}

int Lift(const Options& options) {
  const absl::StatusOr<RevocationKey> key = NormalKey(options.key);
  if (!key.ok()) return Fail(key.status());
  const absl::Status status = LiftIn(options.target, *key, absl::Now());
  return status.ok() ? kYes : Fail(status);
}

int List(const Options& options) {
  const absl::Status status = ListIn(options.target, absl::Now(), Print);
  if (status.ok()) return kYes;
  std::cerr << "warden: " << status.message() << '\n';
  return kUsage;
}

struct KindVerb {
  const char* name;
  const char* help;
  RevocationKind kind;
  bool has_issuer;
  const char* id_flag;
};
constexpr KindVerb kKinds[] = {
    {"token", "One token", RevocationKind::kToken, true, "--jti"},
    {"subject", "The tokens of a subject that were issued before a time", RevocationKind::kSubject,
     true, "--subject"},
    {"certificate", "A peer's certificate", RevocationKind::kCertificate, false, "--sha256"},
    {"key", "Everything that an issuer signed with one key", RevocationKind::kKey, true, "--kid"},
    {"api-key", "An API key", RevocationKind::kApiKey, false, "--id"},
};

// A verb for each kind below `parent`, which `run` carries out.
void AddKinds(CLI::App& parent, int* status, bool entry, int (*run)(const Options&)) {
  parent.require_subcommand(1);
  for (const KindVerb& kind : kKinds) {
    CLI::App* const verb = parent.add_subcommand(kind.name, kind.help);
    const auto options = std::make_shared<Options>();
    options->key.kind = kind.kind;
    AddTargetOptions(*verb, &options->target);
    if (kind.has_issuer) {
      verb->add_option("--issuer", options->key.issuer, "The tokens' `iss`")->required();
    }
    verb->add_option(kind.id_flag, options->key.id, "Which one")->required();
    if (entry) {
      if (kind.kind == RevocationKind::kSubject) {
        verb->add_option("--issued-before", options->issued_before,
                         "Tokens with an earlier `iat`, and those without; now where absent");
      }
      verb->add_option("--reason", options->reason, "For operators");
      verb->add_option("--expires-at", options->expires_at,
                       "When it may be forgotten (2030-01-31T00:00:00Z); never where absent");
      verb->add_option("--expires-in", options->expires_in, "The same from now on, such as 24h");
    }
    verb->callback([options, status, run] { *status = run(*options); });
  }
}

}  // namespace

void AddRevocationCommands(CLI::App& app, int* status) {
  AddKinds(*app.add_subcommand("revoke", "Revoke a token, subject, certificate, key or API key"),
           status, /*entry=*/true, Revoke);
  CLI::App* const revocations =
      app.add_subcommand("revocations", "List what is revoked, and lift it");
  revocations->require_subcommand(1);
  CLI::App* const list = revocations->add_subcommand("list", "One line of JSON for each entry");
  const auto options = std::make_shared<Options>();
  AddTargetOptions(*list, &options->target);
  list->callback([options, status] { *status = List(*options); });
  AddKinds(*revocations->add_subcommand(
               "lift", "Take an entry out of the list; exit status 1 where it was not there"),
           status, /*entry=*/false, Lift);
}

}  // namespace warden::cli
