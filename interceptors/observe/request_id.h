// The id of one call, by which a client's error finds the operator's record. Source: RFC 9562
// section 5.7.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_REQUEST_ID_H_
#define WARDEN_INTERCEPTORS_OBSERVE_REQUEST_ID_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace warden {

// A UUID of version 7 in text: 48 bits of Unix milliseconds, then 74 random ones. Ids are unique,
// and ordered by their millisecond; they are no secret and prove nothing. One that was taken over
// from a peer has whatever form that peer gives its ids. A trivially copyable value.
class RequestId {
 public:
  static constexpr size_t kMaxBytes = 64;

  // Thread-safe, allocates nothing, under 150 ns. Times before 1970 or after the 48 bits end
  // (10889) are taken as the nearest that fits. The random bits are of a generator per thread,
  // seeded by the kernel, anew in a forked child.
  static RequestId Make(absl::Time now);

  // An id that somebody else made: 1 to kMaxBytes of letters, digits, `-`, `_` and `.`; nullopt for
  // anything else. Thread-safe.
  static std::optional<RequestId> TakeOver(std::string_view text);

  // Of Make: "0190163d-8694-739b-aea5-966c26f8ad91", lower case, 36 characters. Lives as long as
  // this object.
  std::string_view view() const { return {text_.data(), length_}; }

 private:
  RequestId() = default;
  uint8_t length_;
  std::array<char, kMaxBytes> text_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_REQUEST_ID_H_
