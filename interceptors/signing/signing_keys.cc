#include "interceptors/signing/signing_keys.h"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/apikey/check.h"
#include "authz/apikey/verified_api_key.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/config/yaml_loader.h"
#include "authz/principal.h"
#include "authz/signing/request_signature.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"
#include "openssl/crypto.h"
#include "warden/v1/signing.pb.h"

namespace warden {
namespace {

constexpr size_t kMaxJwkBytes = 16 * 1024;
constexpr size_t kMaxJwkDepth = 8;
constexpr int kMaxEd25519Bits = 256;

absl::StatusOr<VerificationKey> ReadJwk(const std::string& path) {
  std::string text;
  if (const absl::Status read = ReadBoundedFile(path, kMaxJwkBytes, &text); !read.ok()) return read;
  absl::StatusOr<nlohmann::json> json = ParseStrictJson(text, kMaxJwkDepth);
  OPENSSL_cleanse(text.data(), text.size());
  if (!json.ok()) return json.status();
  if (HasPrivateMembers(*json)) {
    return absl::FailedPreconditionError(
        "has the private part of a key; the server needs the public part only");
  }
  return VerificationKey::FromJwk(*json);
}

std::optional<Algorithm> AlgorithmOf(const VerificationKey& key) {
  if (key.algorithms().Contains(Algorithm::kHs256)) return Algorithm::kHs256;
  const bool ed25519 =
      key.algorithms().Contains(Algorithm::kEdDsa) && key.bits() <= kMaxEd25519Bits;
  return ed25519 ? std::optional(Algorithm::kEdDsa) : std::nullopt;
}

// Reads one entry; says what is wrong with it through `add(path below the entry, message)`.
class EntryReader {
 public:
  EntryReader(const v1::RequestSigningKey& entry, std::string place, const std::string& folder,
              const SourceMap& places, ProblemList* problems)
      : entry_(entry),
        place_(std::move(place)),
        folder_(folder),
        places_(places),
        problems_(problems) {}

  std::optional<RequestKey> Read() {
    std::optional<RequestKey> key = ReadKey();
    if (!key.has_value()) return std::nullopt;
    key->api_keys.insert(entry_.api_keys().begin(), entry_.api_keys().end());
    key->subjects.insert(entry_.subjects().begin(), entry_.subjects().end());
    if (key->subjects.contains("")) Add("subjects", "a subject is empty");
    if (key->api_keys.contains("")) Add("api_keys", "an id is empty");
    ReadPeers(&*key);
    if (entry_.api_keys().empty() && entry_.subjects().empty() && entry_.peers().empty()) {
      Add("", "names nobody whose requests it signs; add api_keys, subjects or peers");
    }
    key->not_before = TimeOr(entry_.has_not_before(), entry_.not_before(), absl::InfinitePast());
    key->expires = TimeOr(entry_.has_expires(), entry_.expires(), absl::InfiniteFuture());
    if (key->not_before >= key->expires) Add("expires", "is not after not_before");
    return key;
  }

 private:
  void Add(std::string_view field, std::string_view message) {
    const std::string path = field.empty() ? place_ : absl::StrCat(place_, ".", std::string(field));
    problems_->AddAt(places_, path, message);
  }

  std::optional<RequestKey> ReadKey() {
    if (entry_.jwk_file().empty()) {
      Add("jwk_file", "is required");
      return std::nullopt;
    }
    const std::string file = (std::filesystem::path(folder_) / entry_.jwk_file()).string();
    absl::StatusOr<VerificationKey> key = ReadJwk(file);
    if (!key.ok()) {
      Add("jwk_file", absl::StrCat(file, ": ", key.status().message()));
      return std::nullopt;
    }
    const std::optional<Algorithm> algorithm = AlgorithmOf(*key);
    if (!algorithm.has_value()) {
      Add("jwk_file",
          absl::StrCat(file, ": must be an `oct` key for HS256 or an Ed25519 key for EdDSA"));
      return std::nullopt;
    }
    return RequestKey{.key = *std::move(key), .algorithm = *algorithm};
  }

  void ReadPeers(RequestKey* key) {
    for (const std::string& text : entry_.peers()) {
      absl::StatusOr<SpiffePattern> pattern = SpiffePattern::Parse(text);
      if (pattern.ok()) {
        key->peers.push_back(*std::move(pattern));
      } else {
        Add("peers", absl::StrCat(Quoted(text), ": ", pattern.status().message()));
      }
    }
  }

  const v1::RequestSigningKey& entry_;
  const std::string place_;
  const std::string& folder_;
  const SourceMap& places_;
  ProblemList* const problems_;
};

}  // namespace

bool RequestKey::IsOf(const Principal& caller) const {
  if (caller.api_key() != nullptr && api_keys.contains(caller.api_key()->id())) return true;
  if (caller.token() != nullptr && subjects.contains(caller.subject())) return true;
  for (const SpiffePattern& pattern : peers) {
    if (pattern.Matches(caller.peer().spiffe_id)) return true;
  }
  return false;
}

absl::StatusOr<std::shared_ptr<const SigningKeys>> SigningKeys::Parse(std::string_view text,
                                                                      const std::string& path) {
  YamlBounds bounds;
  bounds.max_bytes = kMaxFileBytes;
  bounds.max_values = 10 * kMaxKeys;
  v1::SigningKeys file;
  SourceMap places;
  if (const absl::Status loaded = LoadYaml(text, path, &file, &places, bounds); !loaded.ok()) {
    return loaded;
  }
  ProblemList problems;
  if (file.keys().size() > kMaxKeys) {
    problems.AddAt(places, "keys", absl::StrCat("has more than ", kMaxKeys, " keys"));
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  std::shared_ptr<SigningKeys> keys(new SigningKeys);
  const std::map<std::string, v1::RequestSigningKey> sorted(file.keys().begin(), file.keys().end());
  for (const auto& [id, entry] : sorted) {
    const std::string place = absl::StrCat("keys.", id);
    if (!IsSigningKeyId(id)) {
      problems.AddAt(places, place, "an id has 1 to 64 letters, digits, `.`, `_` and `-`");
    }
    std::optional<RequestKey> key = EntryReader(entry, place, folder, places, &problems).Read();
    if (key.has_value()) keys->keys_.emplace(id, *std::move(key));
  }
  if (!problems.empty()) return problems.ToStatus();
  return std::shared_ptr<const SigningKeys>(std::move(keys));
}

const RequestKey* SigningKeys::Find(std::string_view key_id) const {
  const auto found = keys_.find(absl::string_view(key_id.data(), key_id.size()));
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace warden
