// warden apikey create, warden apikey rotate
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "authz/apikey/lifecycle.h"
#include "tools/warden/apikey_options.h"
#include "tools/warden/apikey_store.h"
#include "tools/warden/apikey_verbs.h"
#include "tools/warden/commands.h"

namespace warden::cli {
namespace {

constexpr char kPrinted[] =
    "The key is printed on standard output, this once: only its hash is kept. No newline follows\n"
    "it unless standard output is a terminal. Exit status: 0 made, 1 ";

struct CreateOptions {
  StoreOptions store;
  NewApiKey key;
  std::string expires_in;
  std::string not_before_in;
};

// Sets `*time` to `text` from now on, where there is one.
absl::Status SetAfter(const std::string& option, const std::string& text, absl::Time now,
                      std::optional<absl::Time>* time) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Duration> duration = ReadDuration(option, text);
  if (!duration.ok()) return duration.status();
  *time = now + *duration;
  return absl::OkStatus();
}

using Maker = std::function<absl::StatusOr<std::string>(const ApiKeyHasher&, v1::ApiKeys*)>;

// Lets `make` work on the store's keys, and prints the key that it made once that is written down.
int MakeAndPrint(const StoreOptions& options, KeyStore::Mode mode, const Maker& make) {
  const auto hasher = ApiKeyHasher::FromFile(options.hash_secret_file);
  if (!hasher.ok()) return FailUsage(hasher.status());
  absl::StatusOr<std::unique_ptr<KeyStore>> store =
      KeyStore::Open(options.file, options.sqlite_file, mode);
  if (!store.ok()) return FailUsage(store.status());
  std::string made;
  absl::Status refused;
  const absl::Status written = (*store)->Edit([&](v1::ApiKeys* keys) -> absl::Status {
    absl::StatusOr<std::string> key = make(**hasher, keys);
    if (!key.ok()) return refused = key.status();
    made = *std::move(key);
    return absl::OkStatus();
  });
  if (!refused.ok()) return FailKeys(refused);
  if (!written.ok()) return FailUsage(written);
  PrintKey(made);
  return kYes;
}

int Create(CreateOptions options) {
  const absl::Time now = NowOf(options.store);
  absl::Status times = SetAfter("--expires-in", options.expires_in, now, &options.key.expires);
  times.Update(SetAfter("--not-before-in", options.not_before_in, now, &options.key.not_before));
  if (!times.ok()) return FailUsage(times);
  return MakeAndPrint(options.store, KeyStore::Mode::kCreate,
                      [&](const ApiKeyHasher& hasher, v1::ApiKeys* keys) {
                        return CreateApiKey(options.key, hasher, now, keys);
                      });
}

struct RotateOptions {
  StoreOptions store;
  std::string id;
  std::string overlap = "1d";
  std::string expires_in;
};

int Rotate(const RotateOptions& options) {
  const absl::Time now = NowOf(options.store);
  std::optional<absl::Time> expires;
  absl::Status times = SetAfter("--expires-in", options.expires_in, now, &expires);
  const absl::StatusOr<absl::Duration> overlap = ReadDuration("--overlap", options.overlap);
  times.Update(overlap.status());
  if (!times.ok()) return FailUsage(times);
  return MakeAndPrint(options.store, KeyStore::Mode::kExisting,
                      [&](const ApiKeyHasher& hasher, v1::ApiKeys* keys) {
                        return RotateApiKey(options.id, *overlap, expires, hasher, now, keys);
                      });
}

}  // namespace

void AddApiKeyCreate(CLI::App& apikey, int* status) {
  CLI::App* create = apikey.add_subcommand(
      "create", absl::StrCat("Make a key. ", kPrinted, "the id is taken, 2 bad usage"));
  const auto options = std::make_shared<CreateOptions>();
  AddStoreOptions(*create, &options->store, /*hashes=*/true);
  create->add_option("--id", options->key.id, "The key's name; made at random where absent");
  create->add_option("--subject", options->key.subject, "Who calls with it")->required();
  create->add_option("--description", options->key.description, "For people");
  create->add_option("--scope", options->key.scopes, "For bindings of the policy; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  create->add_option("--expires-in", options->expires_in,
                     "How long it is good: 90d; always if absent");
  create->add_option("--not-before-in", options->not_before_in, "From when on it is good");
  create->callback([options, status] { *status = Create(*options); });
}

void AddApiKeyRotate(CLI::App& apikey, int* status) {
  CLI::App* rotate = apikey.add_subcommand(
      "rotate", absl::StrCat("Give a key a new secret; the old one is good for a while longer.\n",
                             kPrinted, "no such key, 2 bad usage"));
  const auto options = std::make_shared<RotateOptions>();
  AddStoreOptions(*rotate, &options->store, /*hashes=*/true);
  rotate->add_option("id", options->id, "The key's name")->required();
  rotate
      ->add_option("--overlap", options->overlap,
                   "How long the old secret is good yet; 0s: no longer")
      ->capture_default_str();
  rotate->add_option("--expires-in", options->expires_in, "How long the new secret is good: 90d");
  rotate->callback([options, status] { *status = Rotate(*options); });
}

}  // namespace warden::cli
