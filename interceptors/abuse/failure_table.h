// How often each caller has failed, in bounded memory.
#ifndef WARDEN_INTERCEPTORS_ABUSE_FAILURE_TABLE_H_
#define WARDEN_INTERCEPTORS_ABUSE_FAILURE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace warden {

// What is known of one caller at a moment. Both scores are halved in each half-life.
struct FailureScore {
  double failures = 0;
  double blocks = 0;            // how often it was blocked
  int64_t last_failure_ns = 0;  // steady clock; 0 where there was none since the last block
  int64_t block_ns = 0;         // for how long it is to be blocked from now on; 0: it is not
};

struct FailureTableOptions {
  size_t max_entries = 262144;
  int64_t half_life_ns = 600'000'000'000;
  double protect = 5;   // entries of this score or more never give way to others
  double block_at = 0;  // the score at which a caller is to be blocked; never where 0
  int64_t first_block_ns = 60'000'000'000;  // doubled with each block that is remembered
  int64_t max_block_ns = 86'400'000'000'000;
};

// Memory. About 40 bytes for each of `max_entries`, allocated at construction; nothing grows later.
// Keys are not kept, only a 64-bit tag and a place made from their 128-bit SipHash under a random
// key of this process, so nobody can aim at another's entry.
//
// When there is no room. A key may stand in 16 places. One whose score has fallen below 1 gives way
// to any newcomer. One below `protect` gives way by chance only, once in about as many attempts as
// its score (the randomized admission of Ben Basat, Einziger, Friedman and Kassner, "Randomized
// admission policy for efficient top-k and frequency estimation", INFOCOM 2017): whoever goes on
// failing gets in, and who failed a few times is not flushed out by a flood of keys that fail once.
// One of `protect` or more, which is being penalized, never gives way. What finds no place is
// counted as untracked.
//
// Time is a parameter, of the steady clock; where it comes out of order the latest counts.
// Thread-safe; shards are locked one at a time.
class FailureTable {
 public:
  explicit FailureTable(const FailureTableOptions& options);
  ~FailureTable();
  FailureTable(const FailureTable&) = delete;
  FailureTable& operator=(const FailureTable&) = delete;

  // Adds `amount` failures of the key, and returns what is then known of it. `kind` keeps keys of
  // different kinds apart. All 0 where the key finds no place. Where a block is returned, the
  // scores stay as they are until its end and fall from there; failures before that, of calls that
  // were under way, are not counted, so a block is not made longer by what it has caught up with.
  FailureScore Fail(uint64_t kind, std::string_view key, double amount, int64_t now_ns);
  FailureScore Find(uint64_t kind, std::string_view key, int64_t now_ns) const;
  void Forget(uint64_t kind, std::string_view key);

  size_t tracked() const;  // entries in use, those included that have fallen to nothing
  size_t capacity() const;
  uint64_t untracked() const;  // failures that found no place

 private:
  class Table;
  std::unique_ptr<Table> table_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_FAILURE_TABLE_H_
