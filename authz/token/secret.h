// Secrets in memory.
#ifndef WARDEN_AUTHZ_TOKEN_SECRET_H_
#define WARDEN_AUTHZ_TOKEN_SECRET_H_

#include <memory>
#include <string>

#include "openssl/crypto.h"

namespace warden {

// A text that is overwritten when its last owner drops it.
inline std::shared_ptr<const std::string> WipedWhenDropped(const std::string& secret) {
  return std::shared_ptr<const std::string>(new std::string(secret), [](const std::string* text) {
    auto* wiped = const_cast<std::string*>(text);
    OPENSSL_cleanse(wiped->data(), wiped->size());
    delete wiped;
  });
}

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_SECRET_H_
