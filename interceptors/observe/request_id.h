// The id of one call, by which a client's error finds the operator's record. Source: RFC 9562
// section 5.7.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_REQUEST_ID_H_
#define WARDEN_INTERCEPTORS_OBSERVE_REQUEST_ID_H_

#include <array>
#include <string_view>

#include "absl/time/time.h"

namespace warden {

// A UUID of version 7 in text: 48 bits of Unix milliseconds, then 74 random ones. Ids are unique,
// and ordered by their millisecond; they are no secret and prove nothing. A trivially copyable
// value.
class RequestId {
 public:
  // Thread-safe, allocates nothing, under 150 ns. Times before 1970 or after the 48 bits end
  // (10889) are taken as the nearest that fits. The random bits are of a generator per thread,
  // seeded by the kernel, anew in a forked child.
  static RequestId Make(absl::Time now);

  // "0190163d-8694-739b-aea5-966c26f8ad91": lower case, 36 characters. Lives as long as this
  // object.
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  RequestId() = default;
  std::array<char, 36> text_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_REQUEST_ID_H_
