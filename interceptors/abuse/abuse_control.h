// Everything that a server does about callers who fail too often: who is blocked, who has to wait,
// and what counts.
#ifndef WARDEN_INTERCEPTORS_ABUSE_ABUSE_CONTROL_H_
#define WARDEN_INTERCEPTORS_ABUSE_ABUSE_CONTROL_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "interceptors/abuse/abuse_settings.h"
#include "interceptors/abuse/block_list.h"
#include "interceptors/abuse/delay_line.h"
#include "interceptors/abuse/failure_kind.h"
#include "interceptors/abuse/penalties.h"
#include "interceptors/call.h"
#include "interceptors/refusal.h"

namespace warden {

class BlockFile;
class SharedBlocks;
class Background;

// Numbers for metrics. Arrays are by BlockKind and FailureKind.
struct AbuseCounts {
  std::array<uint64_t, kBlockKinds> blocked{};    // calls that were refused
  std::array<uint64_t, kBlockKinds> penalties{};  // blocks that were made for failures
  std::array<uint64_t, kFailureKinds> failures{};
  uint64_t delays = 0;          // calls that waited
  uint64_t delays_refused = 0;  // calls that would have had to wait, and were refused instead
  uint64_t observed = 0;        // calls that are only watched, and would have been refused
  uint64_t unshared = 0;        // blocks that this server could not share, or not keep
  uint64_t sync_failures = 0;
  double sync_age_seconds = 0;  // +Inf: never
};

// Thread-safe once started.
class AbuseControl {
 public:
  // Null without a problem where `abuse` is not configured. Reads the block file; adds what is
  // wrong to `problems` and returns null then. `clock` as GuardOptions::clock, never empty.
  static std::unique_ptr<AbuseControl> Create(const LoadedConfig& config,
                                              std::function<absl::Time()> clock,
                                              ProblemList* problems);
  ~AbuseControl();
  AbuseControl(const AbuseControl&) = delete;
  AbuseControl& operator=(const AbuseControl&) = delete;

  // Reads the shared list once and starts the threads. A Redis that cannot be reached is no error.
  // `reloaded` hears of every reload of the file.
  void Start(std::function<void(bool ok)> reloaded);

  // Whether the call's address, peer or principal is blocked, or has to wait first: then a refusal,
  // or Call::pending is set. `resumed`: it has waited; it does so only once, and is refused where
  // there was another failure in between. For kPeer the delays of peer and address count.
  std::optional<Refusal> Check(BlockKind kind, Call& call, bool resumed);

  // Counts a failure against whom the call is known to come from, and leaves a note where somebody
  // is blocked for it:
  //   wrong credentials, and a handler's status: the peer, and its address
  //   the rest: the principal, where a token or API key was verified; else the peer; else the
  //   address
  // Never the subject of a token that was not verified. The address of a peer that a proxy speaks
  // for is the proxy's, and is left alone, as are exempt peers and addresses.
  void Count(Call& call, FailureKind kind);
  // Blocks a caller as if it had failed often enough.
  void Penalize(Call& call, BlockKind kind);

  // Of an admin. Errors as BlockList and SharedBlocks; FailedPrecondition: it stands in the file.
  absl::StatusOr<Block> Add(const Block& block);
  absl::Status Lift(const BlockKey& key);

  const BlockList& list() const { return list_; }
  const Penalties& penalties() const { return penalties_; }
  const AbuseSettings& settings() const { return settings_; }
  absl::Time Now() const { return clock_(); }
  bool shared() const { return shared_ != nullptr; }
  size_t delayed() const { return delays_ == nullptr ? 0 : delays_->waiting(); }
  AbuseCounts counts() const;

  // Calls that wait are judged now, and none waits from then on. For a server that stops.
  void StopDelays();

 private:
  AbuseControl(AbuseSettings settings, std::function<absl::Time()> clock);
  std::optional<Refusal> CheckBlocked(BlockKind kind, Call& call);
  std::optional<absl::Time> BlockedUntil(BlockKind kind, Call& call) const;
  std::optional<Refusal> CheckDelay(BlockKind kind, Call& call, bool resumed);
  absl::Duration DelayOf(BlockKind kind, Call& call, int64_t now_ns) const;
  std::optional<Refusal> Observe(Call& call, std::string detail);
  void CountAgainst(Call& call, BlockKind kind, const std::string& value, bool wholly);
  void CountAgainstAddress(Call& call);
  void MakeBlock(Call& call, BlockKey key, absl::Duration duration);
  absl::Duration Tick();

  const AbuseSettings settings_;
  const std::function<absl::Time()> clock_;
  BlockList list_;
  Penalties penalties_;
  std::unique_ptr<DelayLine> delays_;  // null where nobody has to wait
  std::unique_ptr<BlockFile> file_;    // null without one
  std::unique_ptr<SharedBlocks> shared_;
  std::function<void(bool)> reloaded_;
  absl::Time next_sweep_ = absl::InfinitePast();

  std::array<std::atomic<uint64_t>, kBlockKinds> blocked_{};
  std::array<std::atomic<uint64_t>, kBlockKinds> made_{};
  std::array<std::atomic<uint64_t>, kFailureKinds> failures_{};
  std::atomic<uint64_t> delayed_{0}, delays_refused_{0}, observed_{0}, unkept_{0};
  std::unique_ptr<Background> thread_;  // the first to go
};

// BlockKey::value of a peer: its SPIFFE ID, else its certificate's fingerprint; "" without either.
std::string_view PeerValue(const Peer& peer);
// Of a principal with a token or an API key; nullopt without either, and for names that no entry of
// the block list can have.
std::optional<std::string> PrincipalValueOf(const Principal& principal);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_ABUSE_CONTROL_H_
