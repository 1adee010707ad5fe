// Whose share a call takes from: the keys of limits, made of what is known of the call.
#ifndef WARDEN_INTERCEPTORS_STAGES_LIMIT_KEY_H_
#define WARDEN_INTERCEPTORS_STAGES_LIMIT_KEY_H_

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "interceptors/call.h"
#include "interceptors/limits/limit.h"

namespace warden {

// Bytes that seldom need the heap.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only what was written of near_ is read.
class KeyBuffer {
 public:
  void push_back(char c) { append({&c, 1}); }
  void append(std::string_view bytes) {
    if (spill_.empty() && size_ + bytes.size() <= sizeof(near_)) {
      std::memcpy(near_ + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
      return;
    }
    if (spill_.empty()) spill_.assign(near_, size_);
    spill_.append(bytes);
  }
  std::string_view view() const {
    return spill_.empty() ? std::string_view(near_, size_) : std::string_view(spill_);
  }

 private:
  char near_[192];
  size_t size_ = 0;
  std::string spill_;  // everything, once `near_` was too small
};

// What METHOD adds to a key.
enum class MethodInKey {
  kNothing,  // the limit is a method's own, or of all with its name
  kMethod,   // the limit is of all methods
};

// Whether the connection alone says whose share it is: kPeer, kAddress and kMethod only.
bool NeedNoCredentials(const LimitKeys& keys);

// Appends the key of the call. Two calls have the same key only if all parts are the same, whatever
// bytes names and claims hold. Where the call has no principal (yet), its peer stands in, and the
// address for that.
void AppendKey(const LimitKeys& keys, MethodInKey method, Call& call, KeyBuffer* key);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_LIMIT_KEY_H_
