#include "interceptors/guard.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/token/verifier.h"
#include "interceptors/abuse/failure_kind.h"
#include "interceptors/anomalies/anomaly_detector.h"
#include "interceptors/credential_kinds.h"
#include "interceptors/guard_limit_service.h"
#include "interceptors/guard_shared_limits.h"
#include "interceptors/introspection/introspector.h"
#include "interceptors/keys/token_keys.h"
#include "interceptors/limit_control.h"
#include "interceptors/limit_counters.h"
#include "interceptors/observe/refusal_log.h"
#include "interceptors/observe/request_id.h"
#include "interceptors/observe/rpc_metrics.h"
#include "interceptors/stages/admission.h"
#include "interceptors/stages/api_key.h"
#include "interceptors/stages/authn.h"
#include "interceptors/stages/authorize.h"
#include "interceptors/stages/condition.h"
#include "interceptors/stages/connection_limit.h"
#include "interceptors/stages/credential.h"
#include "interceptors/stages/identity.h"
#include "interceptors/stages/principal.h"
#include "interceptors/stages/rate_limit.h"
#include "interceptors/stages/revocation.h"
#include "interceptors/stages/signature.h"
#include "interceptors/stages/step_up.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

constexpr size_t kDefaultTokenBytes = 16 * 1024;
constexpr uint32_t kValidateStage = 12;  // after those of MakeStages

std::vector<std::string> StageNames() {
  return {"admission",  "identity", "connection_limit", "credential", "api_key",
          "revocation", "authn",    "principal",        "signature",  "rate_limit",
          "authorize",  "step_up",  "validate"};
}

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const Algorithm algorithm : AllAlgorithms()) names.emplace_back(AlgorithmName(algorithm));
  names.emplace_back(kIntrospected);
  return names;
}

std::vector<std::string> TokenResults() {
  std::vector<std::string> names = {"ok"};
  for (int i = 1; i < kTokenRefusalCount; ++i) {
    names.emplace_back(ToString(static_cast<TokenRefusal>(i)));
  }
  return names;
}

bool Observes(v1::EnforcementConfig::Mode mode) { return mode == v1::EnforcementConfig::OBSERVE; }

size_t OrDefault(uint32_t configured, size_t otherwise) {
  return configured == 0 ? otherwise : configured;
}

absl::Time TokenEnd(const Call& call) {
  return call.token == nullptr ? absl::InfiniteFuture() : call.token->valid_until();
}

absl::Time KeyEnd(const Call& call) {
  return call.api_key == nullptr ? absl::InfiniteFuture() : call.api_key->expires_at();
}

}  // namespace

Guard::Guard() = default;

Guard::~Guard() {
  reloads_.clear();
  if (metrics_ == nullptr) return;
  for (size_t i = 0; i < kSampledMetrics; ++i) {
    metrics_->Sample(static_cast<SampledMetric>(i), nullptr);
  }
  metrics_->DropFamilies();
  if (health_ != nullptr) health_->DropAll();
  if (keys_ != nullptr) keys_->OnReload(nullptr);
}

absl::StatusOr<std::unique_ptr<Guard>> Guard::Create(const LoadedConfig& config,
                                                     const std::vector<ServedMethod>& methods,
                                                     const GuardOptions& options) {
  ProblemList problems;
  std::unique_ptr<Guard> guard(new Guard);
  guard->clock_ = options.clock;
  guard->peer_rules_ = MakePeerRules(config, &problems);
  TokenKeys token_keys = MakeTokenKeys(config, &problems);
  guard->tokens_ = std::move(token_keys.cache);
  guard->keys_ = std::move(token_keys.keeper);
  guard->introspector_ = MakeIntrospector(config, &problems);
  guard->revocation_ = RevocationControl::Create(config, absl::Now(), &problems);
  guard->MakeAbuse(config, &problems);
  LoadedApiKeys api_keys = LoadApiKeys(config, &problems);
  guard->api_keys_ = api_keys.store;
  guard->methods_ = CompileMethods(methods, &problems);
  guard->ReadLimits(config, &problems);
  guard->policies_ = PolicyControl::Create(config, guard->methods_, &problems);
  ResolveAuthn(config, &guard->methods_, &problems);
  guard->CheckSigned(config, &problems);
  ResolveResponses(config, methods, &guard->methods_, &problems);
  ResolveShapes(config, methods, &guard->methods_, &problems);
  guard->ids_ = CallIds(config, &problems);
  guard->audit_ = AuditTrail::Create(config, guard->methods_, &problems);
  if (!problems.empty()) return problems.ToStatus();
  for (const GuardedMethod& method : guard->methods_) {
    guard->by_name_.emplace(method.name, &method);
  }
  guard->limiter_ = MakeRateLimiter(config);
  guard->limit_counters_ =
      std::make_shared<LimitCounters>(guard->methods_, guard->connection_limits_);
  guard->max_violations_ = OrDefault(config.config.request().max_violations(), 16);
  guard->observe_rules_ = Observes(config.config.enforcement().rules());
  guard->id_on_success_ = config.config.request().id_on_success();
  const v1::StreamsConfig& streams = config.config.streams();
  guard->watches_streams_ = !streams.insecure_outlive_credentials();
  guard->expiry_grace_ =
      DurationOr(streams.has_expiry_grace(), streams.expiry_grace(), absl::ZeroDuration());
  guard->health_ =
      std::make_shared<HealthRegistry>(guard->clock_ ? guard->clock_ : [] { return absl::Now(); });
  guard->sink_ = options.sink != nullptr ? options.sink : std::make_shared<RefusalLog>();
  if (const absl::Status status = guard->MakeMetrics(); !status.ok()) return status;
  guard->MakeRpcMetrics();
  if (const absl::Status status = guard->StartAudit(); !status.ok()) return status;
  guard->MakeStages(config, options);
  guard->SampleGauges();
  guard->SampleRevocation();
  guard->StartAbuse();
  guard->revocation_->Start([metrics = guard->metrics_](bool ok) {
    metrics->RecordReload(ReloadedFile::kRevocations, ok, absl::Now());
  });
  guard->policies_->Start(guard->metrics_);
  guard->WatchFiles();
  guard->ShareNonces(config);
  guard->WatchSigningKeys();
  guard->WatchLimits();
  guard->api_key_watch_ = ApiKeyWatch::Start(config, std::move(api_keys), guard->metrics_);
  guard->WatchHealth();
  return guard;
}

absl::Status Guard::MakeMetrics() {
  MetricsOptions options;
  for (const GuardedMethod& method : methods_) options.methods.push_back(method.name);
  options.reasons = {ReasonLabels().begin(), ReasonLabels().end()};
  options.stages = StageNames();
  options.algorithms = AlgorithmNames();
  options.token_results = TokenResults();
  std::set<std::string> rules;
  for (const GuardedMethod& method : methods_) {
    if (method.shape != nullptr) rules.merge(ShapeRules());
    if (method.normalizer != nullptr) rules.emplace(Normalizer::kRule);
    if (method.request_rules == nullptr) continue;
    for (std::string& id : method.request_rules->rule_ids()) rules.insert(std::move(id));
  }
  options.rules = {rules.begin(), rules.end()};
  options.limit_keys = LimitCounters::KeyLabels(methods_, connection_limits_);
  options.version = WARDEN_VERSION;
  absl::StatusOr<std::shared_ptr<Metrics>> metrics = Metrics::Create(std::move(options));
  if (!metrics.ok()) return metrics.status();
  metrics_ = *std::move(metrics);
  return absl::OkStatus();
}

// The order of the stages stands here. Their names are StageNames().
void Guard::MakeStages(const LoadedConfig& config, const GuardOptions& options) {
  const v1::Config& settings = config.config;
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<AdmissionStage>(MaxMetadataBytes(settings)));
  stages.push_back(
      std::make_unique<IdentityStage>(peer_rules_, !options.insecure_allow_no_certificate));
  limits_ = MakeLimits(settings);
  const SharedLimits shared = MakeSharedLimits(config, methods_);
  const SharedLimits service = MakeLimitService(config, methods_);
  limits_->UseStores(shared.store, service.store);
  for (const SharedLimits& store : {shared, service}) {
    if (store.families) metrics_->AddFamilies(store.families);
  }
  if (shared.store != nullptr || service.store != nullptr) {
    metrics_->AddFamilies([limits = limits_] { return limits->OutageFamilies(); });
  }
  stages.push_back(std::make_unique<ConnectionLimitStage>(limits_));
  stages.push_back(std::make_unique<CredentialStage>(
      tokens_, introspector_, OrDefault(settings.tokens().max_token_bytes(), kDefaultTokenBytes),
      metrics_.get()));
  stages.push_back(std::make_unique<ApiKeyStage>(api_keys_));
  stages.push_back(std::make_unique<RevocationStage>(revocation_));
  stages.push_back(std::make_unique<AuthnStage>());
  stages.push_back(std::make_unique<PrincipalStage>(policies_.get()));
  stages.push_back(std::make_unique<SignatureStage>(signatures_));
  stages.push_back(std::make_unique<RateLimitStage>(limits_));
  stages.push_back(std::make_unique<AuthorizeStage>(policies_.get()));
  stages.push_back(std::make_unique<StepUpStage>());
  WatchCallers(&stages);
  before_body_ = std::make_unique<Chain>(std::move(stages), metrics_.get());
}

// Trust bundles and revocation lists; TLS watches its own files.
void Guard::WatchFiles() {
  for (const std::shared_ptr<PeerRules>& rules : peer_rules_) {
    if (!rules->has_files()) continue;
    const auto look = [rules, metrics = metrics_] {
      rules->Reload([&metrics](ReloadedFile file, const absl::Status& status) {
        metrics->RecordReload(file, status.ok(), absl::Now());
      });
    };
    reloads_.push_back(std::make_unique<Periodic>(rules->reload_interval(), look));
  }
}

const GuardedMethod* Guard::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void Guard::Begin(const GuardedMethod* method, Call* call) const {
  call->method = method;
  limit_control_->Begin(call);
  call->now = Now();
  call->monotonic_ns = SteadyNanos();
  call->id = RequestId::Make(call->now);
}

std::optional<Refusal> Guard::BeforeBody(Call& call) {
  std::optional<ChainRefusal> refused = before_body_->Run(call);
  ids_.TakeOver(call);
  if (!call.notes.empty()) RecordNotes(call);
  if (!refused.has_value()) return std::nullopt;
  return Refused(call, std::move(refused->refusal), refused->stage);
}

std::optional<Refusal> Guard::OnRequest(Call& call, google::protobuf::Message& request) {
  std::optional<Refusal> limited = CheckBodyLimits(call, request);
  if (limited.has_value()) return limited;
  std::optional<Refusal> invalid = CheckRules(call, request);
  if (invalid.has_value()) return invalid;
  std::optional<Refusal> refusal = CheckConditionWithBody(call, request);
  if (!refusal.has_value()) return std::nullopt;
  return Refused(call, *std::move(refusal), "authorize");
}

std::optional<Refusal> Guard::CheckRules(Call& call, google::protobuf::Message& request) {
  const GuardedMethod& method = *call.method;
  if (method.request_rules == nullptr && method.writable == nullptr &&
      method.normalizer == nullptr) {
    return std::nullopt;
  }
  thread_local uint32_t calls = 0;
  const bool measure = calls++ % Chain::kMeasureEvery == 0;
  const int64_t before = measure ? SteadyNanos() : 0;
  std::string observed;
  std::optional<Refusal> refusal = Judge(call, request, call.now, &observed);
  if (measure) metrics_->RecordStage(kValidateStage, SteadyNanos() - before);
  if (!observed.empty()) {
    RecordNote(call, {.event = DecisionEvent::kObserved,
                      .reason = Reason::kRequestInvalid,
                      .stage = "validate",
                      .detail = std::move(observed)});
  }
  if (!refusal.has_value()) return std::nullopt;
  if (observe_rules_ && refusal->reason == Reason::kRequestInvalid) {
    RecordNote(call, {.event = DecisionEvent::kObserved,
                      .reason = refusal->reason,
                      .stage = "validate",
                      .detail = std::move(refusal->detail)});
    return std::nullopt;
  }
  return Refused(call, *std::move(refusal), "validate");
}

Refusal Guard::OnUnreadableRequest(Call& call) {
  return Refused(call,
                 {.reason = Reason::kRequestMalformed,
                  .detail = "the body is not the method's request message"},
                 "validate");
}

Refusal Guard::OnInternalError(Call& call, std::string_view detail) {
  return Refused(call, {.reason = Reason::kInternal, .detail = std::string(detail)}, "gate");
}

Refusal Guard::OnUnknownMethod(Call& call) {
  return Refused(call, {.reason = Reason::kMethodUnknown}, "admission");
}

ApiKeyTimes Guard::ApiKeyUses() const {
  return api_keys_ == nullptr ? ApiKeyTimes() : api_keys_->current()->LastUses();
}

void Guard::CountUnguarded() {
  metrics_->RecordDecision(metrics_->unknown_method(),
                           static_cast<uint32_t>(Reason::kMethodUnguarded));
}

void Guard::Allowed(Call& call) {
  call.policy.reset();  // a stream may go on for long
  metrics_->RecordDecision(call.method->id, static_cast<uint32_t>(Reason::kOk));
  metrics_->CallStarted();
  if (call.method->counts_messages()) {
    call.stream_use = std::make_unique<StreamUse>(call.method->stream_quota.get());
  }
}

void Guard::Finished(Call& call) {
  call.in_flight.Release();
  metrics_->CallEnded();
}

absl::Time Guard::CredentialsEnd(const Call& call) const {
  if (!watches_streams_) return absl::InfiniteFuture();
  return std::min(TokenEnd(call), KeyEnd(call)) + expiry_grace_;
}

Refusal Guard::WhyEnded(const Call& call) const {
  const bool key = KeyEnd(call) < TokenEnd(call);
  return {.reason = key ? Reason::kApiKeyExpired : Reason::kTokenExpired,
          .detail = "it expired while the stream went on"};
}

std::optional<Refusal> Guard::CheckRevoked(const Call& call, absl::Time now) const {
  if (!watches_streams_) return std::nullopt;
  std::optional<Refusal> revoked = warden::CheckRevoked(revocation_->list(), call, now);
  if (revoked.has_value() || api_keys_ == nullptr || call.api_key == nullptr) return revoked;
  return CheckKeyStill(*api_keys_, *call.api_key, now - expiry_grace_);
}

// Both grow, so their sum changes with either.
uint64_t Guard::credential_generation() const {
  return revocation_->list().generation() + (api_keys_ == nullptr ? 0 : api_keys_->generation());
}

void Guard::StreamEnded(Call& call, const Refusal& refusal) {
  metrics_->RecordStreamEnded(call.method->id, static_cast<uint32_t>(refusal.reason));
  call.now = Now();
  Record(call, refusal, "stream");
  if (IsInvalidInput(refusal.reason)) OnRefusal(call, refusal.reason);
}

}  // namespace warden
