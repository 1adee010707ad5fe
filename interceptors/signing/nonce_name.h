// By what nonces are told apart.
#ifndef WARDEN_INTERCEPTORS_SIGNING_NONCE_NAME_H_
#define WARDEN_INTERCEPTORS_SIGNING_NONCE_NAME_H_

#include <string>
#include <string_view>

namespace warden {

// Of a nonce and the key that it came with; REQUIRES: neither holds a space.
inline std::string NonceName(std::string_view key_id, std::string_view nonce) {
  return std::string(key_id).append(" ").append(nonce);
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SIGNING_NONCE_NAME_H_
