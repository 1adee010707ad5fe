#include "interceptors/observe/request_id.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace warden {
namespace {

// How many forks lie between this process and the first one.
std::atomic<uint32_t> forks{0};

void CountForks() {
  static const int registered = pthread_atfork(nullptr, nullptr, [] { ++forks; });
  (void)registered;
}

// xoshiro256++ by D. Blackman and S. Vigna, seeded with 256 bits of the kernel's: fast, and with a
// state that two threads never share.
class Generator {
 public:
  uint64_t Next() {
    const uint32_t now = forks.load(std::memory_order_relaxed);
    if (!seeded_ || seeded_after_ != now) Seed(now);
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  void Seed(uint32_t forks_now) {
    CountForks();
    if (getentropy(state_.data(), sizeof state_) != 0) {
      // Ids that repeat would attach one call's error to another's record.
      std::fputs("warden: the kernel gives no random numbers\n", stderr);
      std::abort();
    }
    seeded_ = true;
    seeded_after_ = forks_now;
  }

  std::array<uint64_t, 4> state_{};
  bool seeded_ = false;
  uint32_t seeded_after_ = 0;
};

// Writes the low `digits` hexadecimal digits of `value`.
char* WriteHex(uint64_t value, int digits, char* out) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    *out++ = "0123456789abcdef"[(value >> shift) & 0xf];
  }
  return out;
}

}  // namespace

RequestId RequestId::Make(absl::Time now) {
  thread_local Generator generator;
  constexpr int64_t kMaxMillis = (int64_t{1} << 48) - 1;
  const auto millis =
      static_cast<uint64_t>(std::clamp<int64_t>(absl::ToUnixMillis(now), 0, kMaxMillis));
  const uint64_t a = generator.Next();
  const uint64_t b = generator.Next();
  RequestId id;  // NOLINT(cppcoreguidelines-pro-type-member-init): every character is written below
  char* out = id.text_.data();
  out = WriteHex(millis >> 16, 8, out);
  *out++ = '-';
  out = WriteHex(millis, 4, out);
  *out++ = '-';
  out = WriteHex(0x7000 | (a & 0xfff), 4, out);  // the version
  *out++ = '-';
  out = WriteHex(0x8000 | ((a >> 12) & 0x3fff), 4, out);  // the variant, RFC 9562 section 4.1
  *out++ = '-';
  out = WriteHex(b, 12, out);
  id.length_ = static_cast<uint8_t>(out - id.text_.data());
  return id;
}

std::optional<RequestId> RequestId::TakeOver(std::string_view text) {
  const bool good = !text.empty() && text.size() <= kMaxBytes &&
                    std::all_of(text.begin(), text.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
                    });
  if (!good) return std::nullopt;
  RequestId id;  // NOLINT(cppcoreguidelines-pro-type-member-init): likewise
  id.length_ = static_cast<uint8_t>(text.size());
  std::memcpy(id.text_.data(), text.data(), text.size());
  return id;
}

}  // namespace warden
