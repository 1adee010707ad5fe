// One source's revocations, found by key.
#ifndef WARDEN_AUTHZ_REVOCATION_REVOCATION_TABLE_H_
#define WARDEN_AUTHZ_REVOCATION_REVOCATION_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "authz/revocation/revocation.h"

namespace warden {

// A key without its memory, and its hash.
struct RevocationKeyView {
  RevocationKind kind;
  std::string_view issuer;
  std::string_view id;
  uint64_t hash;
};
// The hash is the same in every process of one build, so positions in lists can be handed out.
RevocationKeyView ViewOf(RevocationKind kind, std::string_view issuer, std::string_view id);
inline RevocationKeyView ViewOf(const RevocationKey& key) {
  return ViewOf(key.kind, key.issuer, key.id);
}

struct RevocationPage {
  std::vector<Revocation> revocations;
  uint64_t next = 0;  // where the next page begins; 0: this was the last
};

// Thread-compatible. Split into parts, so that growing never moves all entries at once.
class RevocationTable {
 public:
  struct Entry {
    Revocation revocation;
    int64_t stamp;
  };

  const Entry* Find(const RevocationKeyView& key) const;
  // Adds, or strengthens what is there; true if the entry is new.
  bool Insert(std::unique_ptr<Entry> entry);
  // Takes an entry out; null where there is none. The caller frees it, outside of any lock.
  std::unique_ptr<Entry> Remove(const RevocationKeyView& key);
  // The keys of at most `most` entries of one part that have expired.
  std::vector<RevocationKey> Expired(size_t part, absl::Time now, size_t most) const;
  RevocationPage List(uint64_t after, size_t limit) const;

  size_t size() const { return size_; }
  const std::array<size_t, kRevocationKinds>& counts() const { return counts_; }

  static constexpr size_t kParts = 64;

 private:
  struct Slot {
    uint64_t hash;
    std::unique_ptr<Entry> entry;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Slot& slot) const { return slot.hash; }
    size_t operator()(const RevocationKeyView& key) const { return key.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const;
    bool operator()(const Slot& a, const RevocationKeyView& b) const;
    bool operator()(const RevocationKeyView& a, const Slot& b) const { return (*this)(b, a); }
  };
  using Part = absl::flat_hash_set<Slot, Hash, Equal>;

  // By the hash's first bits, so that the parts in order hold the hashes in order.
  static size_t PartOf(uint64_t hash) { return hash >> 58; }

  std::array<Part, kParts> parts_;
  size_t size_ = 0;
  std::array<size_t, kRevocationKinds> counts_{};
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_REVOCATION_REVOCATION_TABLE_H_
