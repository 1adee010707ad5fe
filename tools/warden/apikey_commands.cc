#include <functional>
#include <iostream>
#include <memory>

#include "authz/apikey/lifecycle.h"
#include "tools/warden/apikey_options.h"
#include "tools/warden/apikey_store.h"
#include "tools/warden/apikey_verbs.h"
#include "tools/warden/commands.h"

namespace warden::cli {
namespace {

struct ChangeOptions {
  StoreOptions store;
  std::string id;
};

using Change = std::function<absl::Status(const std::string& id, v1::ApiKeys* keys)>;

int ChangeKeys(const ChangeOptions& options, const Change& change) {
  absl::StatusOr<std::unique_ptr<KeyStore>> store =
      KeyStore::Open(options.store.file, options.store.sqlite_file, KeyStore::Mode::kExisting);
  if (!store.ok()) return FailUsage(store.status());
  absl::Status refused;
  const absl::Status written =
      (*store)->Edit([&](v1::ApiKeys* keys) { return refused = change(options.id, keys); });
  if (!refused.ok()) return FailKeys(refused);
  return written.ok() ? kYes : FailUsage(written);
}

void AddChange(CLI::App& apikey, const char* name, const char* description, const Change& change,
               int* status) {
  CLI::App* verb = apikey.add_subcommand(
      name, std::string(description) + " Exit status: 0 done, 1 no such key, 2 bad usage");
  const auto options = std::make_shared<ChangeOptions>();
  AddStoreOptions(*verb, &options->store, /*hashes=*/false);
  verb->add_option("id", options->id, "The key's name")->required();
  verb->callback([options, change, status] { *status = ChangeKeys(*options, change); });
}

}  // namespace

void AddApiKeyChanges(CLI::App& apikey, int* status) {
  const auto set_disabled = [](bool disabled) {
    return [disabled](const std::string& id, v1::ApiKeys* keys) {
      return SetApiKeyDisabled(id, disabled, keys);
    };
  };
  AddChange(apikey, "disable", "Have a key refused until it is enabled.", set_disabled(true),
            status);
  AddChange(apikey, "enable", "Have a disabled key accepted again.", set_disabled(false), status);
  AddChange(apikey, "delete", "Forget a key.", DeleteApiKey, status);
}

void AddApiKeyCommands(CLI::App& app, int* status) {
  CLI::App* apikey = app.add_subcommand("apikey", "Make, rotate, disable and verify API keys");
  apikey->require_subcommand(1);
  AddApiKeyCreate(*apikey, status);
  AddApiKeyList(*apikey, status);
  AddApiKeyRotate(*apikey, status);
  AddApiKeyVerify(*apikey, status);
  AddApiKeyChanges(*apikey, status);
}

}  // namespace warden::cli
