// Finds text that should not leave a server: secrets by their form, and what only helps an attacker
// to know the server's inside. docs/output.md lists the forms and how often they are wrong.
#ifndef WARDEN_INTERCEPTORS_LEAKS_LEAK_DETECTOR_H_
#define WARDEN_INTERCEPTORS_LEAKS_LEAK_DETECTOR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace warden {

enum class Leak : uint8_t {
  kPrivateKey,        // PEM, OpenSSH, PGP, PuTTY, age
  kJwt,               // RFC 7519, signed or encrypted
  kAccessToken,       // of services that mark theirs, and Warden's own API keys
  kBearer,            // an `Authorization` value
  kPasswordHash,      // argon2, bcrypt, scrypt, crypt(3), PBKDF2, LDAP
  kConnectionString,  // a URL or key with a password in it
  kStackTrace,        // of common runtimes
  kDatabaseError,     // a database's own message
};
inline constexpr size_t kLeaks = 8;

// snake_case, for metrics and records: "private_key".
std::string_view ToString(Leak leak);
const std::array<std::string_view, kLeaks>& LeakNames();
// Whether it gives its finder access, so that it must not be logged either.
bool IsSecret(Leak leak);

// Immutable and thread-safe. Work is linear in the text, whatever it is; the bytes need not be
// UTF-8.
class LeakDetector {
 public:
  // Made once, on first use.
  static const LeakDetector& Instance();
  ~LeakDetector();
  LeakDetector(const LeakDetector&) = delete;
  LeakDetector& operator=(const LeakDetector&) = delete;

  // One pass for what leaks begin with. Where false, Find finds nothing in any part of `bytes`.
  bool MayHold(std::string_view bytes) const;

  // The first kind, in the order above, that `text` has.
  std::optional<Leak> Find(std::string_view text) const;

  // `text` with each secret replaced by its kind, as in `[jwt]`, so that it may be logged. What
  // shows the server's inside stays.
  std::string Mask(std::string_view text) const;

 private:
  struct Compiled;
  LeakDetector();

  const std::unique_ptr<const Compiled> compiled_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LEAKS_LEAK_DETECTOR_H_
