// What the verbs of `warden apikey` have in common.
#ifndef WARDEN_TOOLS_WARDEN_APIKEY_OPTIONS_H_
#define WARDEN_TOOLS_WARDEN_APIKEY_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace warden::cli {

struct StoreOptions {
  std::string file;
  std::string sqlite_file;
  std::string hash_secret_file;
  std::optional<int64_t> now;
};

// --file and --sqlite; of verbs that make or verify keys also --hash-secret-file and --now.
void AddStoreOptions(CLI::App& verb, StoreOptions* options, bool hashes);

absl::Time NowOf(const StoreOptions& options);

// "90d", "12h": as durations in Warden's files. InvalidArgument names the option.
absl::StatusOr<absl::Duration> ReadDuration(const std::string& option, const std::string& text);

// Each prints why and returns the exit status: FailUsage kUsage; FailKeys kNo for an id that is not
// there or is there already, else kUsage.
int FailUsage(const absl::Status& status);
int FailKeys(const absl::Status& status);

// Prints a key, and a newline only on a terminal.
void PrintKey(const std::string& key);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_APIKEY_OPTIONS_H_
