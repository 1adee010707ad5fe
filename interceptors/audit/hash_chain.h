// What chains the lines of an audit log to each other. See docs/audit.md.
#ifndef WARDEN_INTERCEPTORS_AUDIT_HASH_CHAIN_H_
#define WARDEN_INTERCEPTORS_AUDIT_HASH_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace warden {

inline constexpr size_t kAuditHashDigits = 64;
inline constexpr size_t kMinChainKeyBytes = 32;
inline constexpr size_t kMaxChainKeyBytes = 4096;
// No line of ours is longer, its newline included; a reader can refuse one that is. Fits PIPE_BUF.
inline constexpr size_t kMaxAuditLineBytes = 4096;

// The end of a chain: what the next record goes on from.
struct ChainHead {
  uint64_t seq = 0;
  std::string hash = std::string(kAuditHashDigits, '0');
};

// Immutable, thread-safe.
class HashChain {
 public:
  // SHA-256 where `key` is empty, else HMAC-SHA-256 under it (RFC 2104).
  explicit HashChain(std::string key) : key_(std::move(key)) {}
  ~HashChain();
  HashChain(const HashChain&) = delete;
  HashChain& operator=(const HashChain&) = delete;

  bool keyed() const { return !key_.empty(); }
  std::string_view name() const { return keyed() ? "hmac-sha256" : "sha256"; }

  // In lower-case hexadecimal.
  std::string HashOf(std::string_view bytes) const;

  // Makes a whole line of `members` (`"time":...,"event":...`), newline included, which follows
  // `*head`, and moves `*head` on to it.
  std::string Link(std::string_view members, ChainHead* head) const;

 private:
  std::string key_;
};

// The parts of a line, without its newline.
struct ChainedLine {
  uint64_t seq = 0;
  std::string_view prev;
  std::string_view hash;
  std::string_view hashed;  // the bytes that `hash` is of
};

// Nullopt for what is no line of an audit log. The hash is not checked.
std::optional<ChainedLine> SplitChainedLine(std::string_view line);

// Reads the key of a file: its bytes, but for a newline at the end. InvalidArgument where they are
// too few or too many.
absl::Status ReadChainKey(const std::string& path, std::string* key);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_HASH_CHAIN_H_
