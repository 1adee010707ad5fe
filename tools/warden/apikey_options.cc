#include "tools/warden/apikey_options.h"

#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/config/yaml_scalar.h"
#include "tools/warden/commands.h"

namespace warden::cli {

void AddStoreOptions(CLI::App& verb, StoreOptions* options, bool hashes) {
  CLI::Option* file = verb.add_option("--file", options->file, "The YAML file of keys");
  verb.add_option("--sqlite", options->sqlite_file, "The database of keys")->excludes(file);
  if (!hashes) return;
  verb.add_option("--hash-secret-file", options->hash_secret_file,
                  "The secret that keys are hashed with, as `api_keys.hash_secret_file`; made with "
                  "openssl rand -out FILE 32")
      ->required();
  verb.add_option("--now", options->now, "The time, in seconds since 1970; the clock's if absent");
}

absl::Time NowOf(const StoreOptions& options) {
  return options.now.has_value() ? absl::FromUnixSeconds(*options.now) : absl::Now();
}

absl::StatusOr<absl::Duration> ReadDuration(const std::string& option, const std::string& text) {
  absl::StatusOr<absl::Duration> duration = ParseDurationText(text);
  if (duration.ok()) return duration;
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", duration.status().message()));
}

int FailUsage(const absl::Status& status) {
  std::cerr << "warden: " << status.message() << '\n';
  return kUsage;
}

int FailKeys(const absl::Status& status) {
  FailUsage(status);
  return absl::IsNotFound(status) || absl::IsAlreadyExists(status) ? kNo : kUsage;
}

void PrintKey(const std::string& key) {
  std::cout << key;
  if (isatty(STDOUT_FILENO) == 1) std::cout << '\n';
}

}  // namespace warden::cli
