#include "authz/apikey/check.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/apikey/hasher.h"
#include "authz/apikey/key_set.h"
#include "authz/config/problem.h"
#include "authz/policy/names.h"

namespace warden {
namespace {

constexpr size_t kMaxSubjectBytes = 128;
constexpr size_t kMaxDescriptionBytes = 1024;

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

class Checker {
 public:
  explicit Checker(const SourceMap& places) : places_(places) {}

  void Check(const std::string& id, const v1::ApiKey& key) {
    const std::string path = ChildPath("keys", id);
    if (!IsApiKeyId(id)) {
      Report(path,
             absl::StrCat(Quoted(id), " is not a valid id; use ", std::string(kApiKeyIdGrammar)));
    }
    CheckText(key.subject(), ChildPath(path, "subject"), kMaxSubjectBytes);
    if (key.subject().empty()) Report(ChildPath(path, "subject"), "is required");
    CheckText(key.description(), ChildPath(path, "description"), kMaxDescriptionBytes);
    CheckScopes(key, ChildPath(path, "scopes"));
    CheckSecrets(key, ChildPath(path, "secrets"));
    if (TimeOr(key.has_not_before(), key.not_before(), absl::InfinitePast()) >=
        TimeOr(key.has_expires(), key.expires(), absl::InfiniteFuture())) {
      Report(ChildPath(path, "expires"), "is not after `not_before`: the key would never be good");
    }
  }

  void Report(const std::string& path, std::string_view message) {
    problems_.AddAt(places_, path, message);
  }

  absl::Status Take() const { return problems_.ToStatus(); }

 private:
  void CheckText(std::string_view text, const std::string& path, size_t max_bytes) {
    if (text.size() > max_bytes) {
      Report(path, absl::StrCat("is longer than ", max_bytes, " bytes"));
    }
    if (HasControls(text)) Report(path, "has control characters");
  }

  void CheckScopes(const v1::ApiKey& key, const std::string& path) {
    if (key.scopes_size() > kMaxApiKeyScopes) {
      Report(path, absl::StrCat("has more than ", kMaxApiKeyScopes, " scopes"));
    }
    for (int i = 0; i < key.scopes_size(); ++i) {
      const std::string item = ItemPath(path, static_cast<size_t>(i));
      if (!IsValidName(key.scopes(i))) {
        Report(item, absl::StrCat(Quoted(key.scopes(i)), " is not a valid name; use ",
                                  std::string(kNameGrammar)));
      }
      if (std::count(key.scopes().begin(), key.scopes().begin() + i, key.scopes(i)) > 0) {
        Report(item, absl::StrCat(Quoted(key.scopes(i)), " stands twice; remove one"));
      }
    }
  }

  void CheckSecrets(const v1::ApiKey& key, const std::string& path) {
    if (key.secrets().empty()) Report(path, "has none; make the key anew with `warden apikey`");
    if (key.secrets_size() > kMaxApiKeySecrets) {
      Report(path, absl::StrCat("has more than ", kMaxApiKeySecrets, "; remove the expired ones"));
    }
    for (int i = 0; i < key.secrets_size(); ++i) {
      const std::string hash = ChildPath(ItemPath(path, static_cast<size_t>(i)), "hash");
      if (!ParseApiKeyHash(key.secrets(i).hash()).has_value()) {
        // The text may be anything, a key that was written here by mistake among others.
        Report(hash, "must be `hmac-sha256:` and 64 lower-case hexadecimal digits");
      } else if (const auto [first, is_new] = owners_.emplace(key.secrets(i).hash(), path);
                 !is_new) {
        Report(hash, absl::StrCat("is the same as one of ", first->second));
      }
    }
  }

  const SourceMap& places_;
  ProblemList problems_;
  std::map<std::string, std::string, std::less<>> owners_;
};

}  // namespace

absl::Status CheckApiKeys(const v1::ApiKeys& keys, const SourceMap& places) {
  Checker checker(places);
  if (static_cast<size_t>(keys.keys_size()) > kMaxApiKeys) {
    checker.Report("keys", absl::StrCat("has more than ", kMaxApiKeys, " keys"));
    return checker.Take();
  }
  std::map<std::string_view, const v1::ApiKey*>
      sorted;  // problems come in the same order each time
  for (const auto& [id, key] : keys.keys()) sorted.emplace(id, &key);
  for (const auto& [id, key] : sorted) checker.Check(std::string(id), *key);
  return checker.Take();
}

absl::Time TimeOr(bool present, const google::protobuf::Timestamp& time, absl::Time otherwise) {
  if (!present) return otherwise;
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

}  // namespace warden
