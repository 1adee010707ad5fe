// A hasher, a folder and sets of keys for tests.
#ifndef WARDEN_TESTS_AUTHZ_APIKEY_APIKEY_TESTING_H_
#define WARDEN_TESTS_AUTHZ_APIKEY_APIKEY_TESTING_H_

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "authz/apikey/hasher.h"
#include "authz/apikey/key_set.h"
#include "authz/apikey/lifecycle.h"

namespace warden::testing {

inline const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

inline std::shared_ptr<const ApiKeyHasher> Hasher(char fill = 's') {
  return ApiKeyHasher::FromSecret(std::string(32, fill)).value();
}

// A key for `id` with the subject "shop"; its text is returned.
inline std::string AddKey(const std::string& id, v1::ApiKeys* keys, NewApiKey spec = {}) {
  spec.id = id;
  spec.subject = "shop";
  return CreateApiKey(spec, *Hasher(), kNow, keys).value();
}

inline std::shared_ptr<const ApiKeySet> SetOf(const v1::ApiKeys& keys,
                                              const ApiKeySet* before = nullptr) {
  return ApiKeySet::Create({.keys = keys, .places = {}, .last_used = {}}, Hasher(), before).value();
}

// The same text with its last character but one replaced, which keeps the form.
inline std::string WithWrongSecret(std::string key) {
  char& c = key[key.size() - 2];
  c = c == 'A' ? 'B' : 'A';
  return key;
}

// Goes with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "warden-apikey-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = path;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_APIKEY_APIKEY_TESTING_H_
