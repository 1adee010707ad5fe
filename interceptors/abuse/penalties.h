// What callers who fail too often have to expect: to wait, and then to be blocked.
#ifndef WARDEN_INTERCEPTORS_ABUSE_PENALTIES_H_
#define WARDEN_INTERCEPTORS_ABUSE_PENALTIES_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "interceptors/abuse/block.h"
#include "interceptors/abuse/failure_table.h"

namespace warden {

struct PenaltyOptions {
  uint32_t delay_after = 0;                   // no penalties where 0
  uint32_t block_after = 0;                   // no blocks where 0, else at least delay_after
  absl::Duration window = absl::Minutes(10);  // the half-life of failures
  absl::Duration first_delay = absl::Milliseconds(100);
  absl::Duration max_delay = absl::Seconds(5);
  absl::Duration first_block = absl::Minutes(1);
  absl::Duration max_block = absl::Hours(24);
  size_t max_entries = 262144;
};

// Who has failed `delay_after` times or more is not served before `first_delay` has gone by since
// the last failure, twice that after one more, and so on up to `max_delay`. Who has failed
// `block_after` times is blocked. A success makes nothing good: else an attacker with one good
// credential could wipe out what he did with others. Thread-safe; times are of the steady clock, in
// nanoseconds.
class Penalties {
 public:
  explicit Penalties(const PenaltyOptions& options);

  // Counts a failure; for how long the caller is to be blocked, if at all. `value` as
  // BlockKey::value.
  std::optional<absl::Duration> Fail(BlockKind kind, std::string_view value, int64_t now_ns);
  // Counts so many that the caller is blocked.
  std::optional<absl::Duration> FailWholly(BlockKind kind, std::string_view value, int64_t now_ns);

  // Whether anybody of this kind may have to wait: one atomic load.
  bool any_waits(BlockKind kind, int64_t now_ns) const {
    return now_ns < waits_until_ns_[static_cast<size_t>(kind)].load(std::memory_order_relaxed);
  }
  // How long from now the caller is not to be served; 0 where it is.
  absl::Duration DelayOf(BlockKind kind, std::string_view value, int64_t now_ns) const;

  void Forget(BlockKind kind, std::string_view value);

  const FailureTable& table() const { return table_; }
  bool enabled() const { return options_.delay_after > 0; }

 private:
  std::optional<absl::Duration> Add(BlockKind kind, std::string_view value, double amount,
                                    int64_t now_ns);
  int64_t DelayAfter(double failures) const;

  const PenaltyOptions options_;
  FailureTable table_;
  std::array<std::atomic<int64_t>, kBlockKinds> waits_until_ns_{};
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_PENALTIES_H_
