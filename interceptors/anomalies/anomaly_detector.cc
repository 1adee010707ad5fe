#include "interceptors/anomalies/anomaly_detector.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/token/base64url.h"
#include "authz/token/strict_json.h"
#include "authz/token/verified_token.h"
#include "interceptors/guarded_method.h"
#include "interceptors/observe/metric_families.h"
#include "interceptors/steady.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

constexpr std::array<std::string_view, kAnomalyKinds> kNames = {
    "refusal_rate", "credential_stuffing", "scanning", "token_from_two_peers"};
constexpr std::string_view kStage = "anomalies";
constexpr size_t kMostPayloadBytes = 8192;
constexpr size_t kMostDepth = 16;

PeerWatchOptions WatchOptions(const LoadedConfig& config, ProblemList* problems) {
  const v1::AnomaliesConfig& settings = config.config.anomalies();
  const absl::Duration window =
      DurationOr(settings.has_window(), settings.window(), absl::Minutes(5));
  if (window < absl::Seconds(1) || window > absl::Hours(24)) {
    problems->AddAt(config.places, "anomalies.window", "must be from 1s to 24h");
  }
  const auto check = [&](uint32_t number, const char* path) {
    if (number == 1) problems->AddAt(config.places, path, "must be at least 2, or 0 for none");
    if (number > PeerWatch::kMostDistinct) {
      problems->AddAt(config.places, path, "must be at most 1024");
    }
  };
  check(settings.subjects_per_peer(), "anomalies.subjects_per_peer");
  check(settings.methods_per_peer(), "anomalies.methods_per_peer");
  check(settings.refusals_factor(), "anomalies.refusals_factor");
  return {.window_ns = absl::ToInt64Nanoseconds(window),
          .subjects = settings.subjects_per_peer(),
          .methods = settings.methods_per_peer(),
          .refusals_factor = settings.refusals_factor()};
}

// The `sub` of what may be a JWT.
std::string SubjectOf(std::string_view token) {
  const size_t begin = token.find('.') + 1;
  const size_t end = token.find('.', begin);
  if (begin == 0 || end == token.npos || end - begin > kMostPayloadBytes) return "";
  const std::optional<std::string> payload = Base64UrlDecode(token.substr(begin, end - begin));
  if (!payload.has_value()) return "";
  const absl::StatusOr<nlohmann::json> claims = ParseStrictJson(*payload, kMostDepth);
  if (!claims.ok() || !claims->is_object()) return "";
  const auto subject = claims->find("sub");
  return subject != claims->end() && subject->is_string() ? subject->get<std::string>() : "";
}

bool IsRefusedMethod(Reason reason) { return IsCallersDoing(reason) && !IsInvalidInput(reason); }

}  // namespace

std::string_view ToString(AnomalyKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::string UnverifiedSubject(const Transport& transport) {
  const size_t space = transport.authorization.find(' ');
  if (space != std::string_view::npos) return SubjectOf(transport.authorization.substr(space + 1));
  const std::optional<std::string_view> id = IdOfApiKey(transport.api_key);
  return id.has_value() ? std::string(*id) : "";
}

AnomalyDetector::AnomalyDetector(const PeerWatchOptions& options, const v1::AnomaliesConfig& config,
                                 AbuseControl* abuse)
    : config_(config), abuse_(abuse), peers_(options), addresses_(options) {
  if (config.token_from_two_peers()) tokens_ = std::make_unique<TokenWatch>(options.window_ns);
}

std::unique_ptr<AnomalyDetector> AnomalyDetector::Create(const LoadedConfig& config,
                                                         AbuseControl* abuse,
                                                         ProblemList* problems) {
  if (!config.config.has_anomalies()) return nullptr;
  const size_t before = problems->size();
  const PeerWatchOptions options = WatchOptions(config, problems);
  const v1::AnomaliesConfig& settings = config.config.anomalies();
  if (settings.penalize() && config.config.abuse().block_after() == 0) {
    problems->AddAt(config.places, "anomalies.penalize", "needs abuse.block_after");
  }
  if (problems->size() != before) return nullptr;
  return std::unique_ptr<AnomalyDetector>(new AnomalyDetector(options, settings, abuse));
}

void AnomalyDetector::OnRefused(Call& call, Reason reason) {
  if (!IsCallersDoing(reason)) return;
  const bool peer = call.peer != nullptr && call.peer->has_certificate();
  if (peer && abuse_ != nullptr && abuse_->settings().Exempts(*call.peer)) return;
  RefusedCall refused;
  std::string subject;
  if (FailureKindOf(reason) == FailureKind::kCredentials && config_.subjects_per_peer() > 0) {
    subject = call.token != nullptr ? call.token->subject() : UnverifiedSubject(call.transport);
    refused.subject = subject;
  }
  if (IsRefusedMethod(reason)) {
    refused.method =
        call.method != nullptr ? std::string_view(call.method->name) : call.unknown_method;
  }
  std::string host;
  if (!peer) {
    const std::optional<AddressRange> range = AddressRange::OfHost(call.Address());
    host = range.has_value() ? range->ToString() : std::string(call.Address());
  }
  const PeerFindings found = peer ? peers_.Refused(PeerValue(*call.peer), refused, SteadyNanos())
                                  : addresses_.Refused(host, refused, SteadyNanos());
  const BlockKind whom = peer ? BlockKind::kPeer : BlockKind::kAddress;
  if (found.subjects) {
    Found(AnomalyKind::kCredentialStuffing, whom, call,
          absl::StrCat("wrong credentials for ", config_.subjects_per_peer(), " subjects"));
  }
  if (found.methods) {
    Found(AnomalyKind::kScanning, whom, call,
          absl::StrCat("refused on ", config_.methods_per_peer(), " methods"));
  }
  if (found.refusals) {
    Found(AnomalyKind::kRefusalRate, whom, call,
          absl::StrCat("at least ", config_.refusals_factor(), " times its usual refusals"));
  }
}

void AnomalyDetector::OnCaller(Call& call) {
  if (tokens_ == nullptr || call.token == nullptr || call.token->token_id().empty()) return;
  // Without certificates a token's users cannot be told apart.
  if (call.peer == nullptr || !call.peer->has_certificate()) return;
  const bool other = tokens_->UsedByOther(call.token->issuer(), call.token->token_id(),
                                          PeerValue(*call.peer), call.monotonic_ns);
  if (!other) return;
  if (abuse_ != nullptr && abuse_->settings().Exempts(*call.peer)) return;
  Found(AnomalyKind::kTokenFromTwoPeers, BlockKind::kPrincipal, call,
        "another peer has used the same token (jti)");
}

void AnomalyDetector::Found(AnomalyKind kind, BlockKind whom, Call& call, std::string detail) {
  counts_[static_cast<size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  call.notes.push_back({.event = DecisionEvent::kAnomaly,
                        .allowed = false,
                        .stage = kStage,
                        .detail = std::move(detail),
                        .label = ToString(kind)});
  if (config_.penalize() && abuse_ != nullptr) abuse_->Penalize(call, whom);
}

std::vector<prometheus::MetricFamily> AnomalyDetector::Families() const {
  using namespace metric_families;  // NOLINT(google-build-using-namespace): of this function
  Family found =
      MakeFamily("warden_anomalies_total", "What looked like an attack.", MetricType::Counter);
  for (size_t i = 0; i < kAnomalyKinds; ++i) {
    AddSample(&found, {{"kind", std::string(kNames[i])}}).counter.value =
        static_cast<double>(counts_[i].load(std::memory_order_relaxed));
  }
  Family watched =
      MakeFamily("warden_anomaly_watched_peers",
                 "Peers and addresses whose refusals are remembered.", MetricType::Gauge);
  AddSample(&watched, {}).gauge.value = static_cast<double>(peers_.size() + addresses_.size());
  return {std::move(found), std::move(watched)};
}

}  // namespace warden
