// What looks like an attack, among what a server refuses and lets through.
#ifndef WARDEN_INTERCEPTORS_ANOMALIES_ANOMALY_DETECTOR_H_
#define WARDEN_INTERCEPTORS_ANOMALIES_ANOMALY_DETECTOR_H_

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/config/problem.h"
#include "interceptors/abuse/abuse_control.h"
#include "interceptors/anomalies/peer_watch.h"
#include "interceptors/anomalies/token_watch.h"
#include "interceptors/call.h"
#include "interceptors/config.h"

namespace warden {

enum class AnomalyKind : uint8_t {
  kRefusalRate,         // far more refusals of a peer than it usually has
  kCredentialStuffing,  // wrong credentials for many subjects from one peer
  kScanning,            // one peer is refused on many methods
  kTokenFromTwoPeers,   // one token is used by two peers
};
inline constexpr size_t kAnomalyKinds = 4;
std::string_view ToString(AnomalyKind kind);  // snake_case; metric label

// A peer is one with a certificate, else an address (an IPv6 /64). What it finds it counts, notes
// on the call and, where configured, has penalized: the peer, and for a token its principal, since
// which of its two users is the thief cannot be told. Peers that the configuration's `abuse`
// exempts are not watched. Thread-safe.
class AnomalyDetector {
 public:
  // Null without a problem where `anomalies` is not configured. `abuse` may be null, else outlives
  // the detector.
  static std::unique_ptr<AnomalyDetector> Create(const LoadedConfig& config, AbuseControl* abuse,
                                                 ProblemList* problems);

  // Before the call's transport is gone.
  void OnRefused(Call& call, Reason reason);
  // A call of which the principal is known.
  void OnCaller(Call& call);

  bool watches_tokens() const { return tokens_ != nullptr; }
  // For Metrics::AddFamilies.
  std::vector<prometheus::MetricFamily> Families() const;

 private:
  AnomalyDetector(const PeerWatchOptions& options, const v1::AnomaliesConfig& config,
                  AbuseControl* abuse);
  void Found(AnomalyKind kind, BlockKind whom, Call& call, std::string detail);

  const v1::AnomaliesConfig config_;
  AbuseControl* const abuse_;
  PeerWatch peers_, addresses_;  // apart, so that a flood of addresses makes no peer forgotten
  std::unique_ptr<TokenWatch> tokens_;  // null where they are not watched
  std::array<std::atomic<uint64_t>, kAnomalyKinds> counts_{};
};

// Of wrong credentials, for telling them apart only: the `sub` of a token that was not verified,
// the id of an API key. "" where there is none.
std::string UnverifiedSubject(const Transport& transport);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ANOMALIES_ANOMALY_DETECTOR_H_
