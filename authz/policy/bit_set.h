// A set of small numbers, such as the ids of a NameTable.
#ifndef WARDEN_AUTHZ_POLICY_BIT_SET_H_
#define WARDEN_AUTHZ_POLICY_BIT_SET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/inlined_vector.h"

namespace warden {

// Sets of different widths may be mixed: what a set does not reach to is not in it. Up to 256
// members need no memory of their own. Reading is thread-safe and allocates nothing.
class BitSet {
 public:
  BitSet() = default;
  // An empty set that can take members below `size` without growing.
  explicit BitSet(size_t size) : words_((size + 63) / 64, 0) {}

  void Add(size_t member) {
    if (member / 64 >= words_.size()) words_.resize(member / 64 + 1, 0);
    words_[member / 64] |= uint64_t{1} << (member % 64);
  }

  void Remove(size_t member) {
    if (member / 64 < words_.size()) words_[member / 64] &= ~(uint64_t{1} << (member % 64));
  }

  void AddAll(const BitSet& other) {
    if (other.words_.size() > words_.size()) words_.resize(other.words_.size(), 0);
    for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }

  void KeepOnly(const BitSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= i < other.words_.size() ? other.words_[i] : 0;
    }
  }

  bool Has(size_t member) const {
    return member / 64 < words_.size() && (words_[member / 64] >> (member % 64) & 1) != 0;
  }

  bool HasAll(const BitSet& other) const {
    const size_t shared = std::min(words_.size(), other.words_.size());
    for (size_t i = 0; i < shared; ++i) {
      if ((other.words_[i] & ~words_[i]) != 0) return false;
    }
    for (size_t i = shared; i < other.words_.size(); ++i) {
      if (other.words_[i] != 0) return false;
    }
    return true;
  }

  bool HasAny(const BitSet& other) const {
    const size_t shared = std::min(words_.size(), other.words_.size());
    for (size_t i = 0; i < shared; ++i) {
      if ((other.words_[i] & words_[i]) != 0) return true;
    }
    return false;
  }

  bool empty() const {
    return std::all_of(words_.begin(), words_.end(), [](uint64_t word) { return word == 0; });
  }

  // Calls `visit(member)` for each member, in ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(i * 64 + static_cast<size_t>(__builtin_ctzll(word)));
      }
    }
  }

  // Of sets that were made for the same size; others may have the same members and differ.
  friend bool operator==(const BitSet& a, const BitSet& b) { return a.words_ == b.words_; }
  template <typename H>
  friend H AbslHashValue(H hash, const BitSet& set) {
    return H::combine(std::move(hash), set.words_);
  }

 private:
  absl::InlinedVector<uint64_t, 4> words_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_BIT_SET_H_
