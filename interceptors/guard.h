// Everything that decides a call, put together from a configuration: policy, key sets, limits,
// rules, metrics. Knows nothing of gRPC's server; interceptors/grpc asks it.
#ifndef WARDEN_INTERCEPTORS_GUARD_H_
#define WARDEN_INTERCEPTORS_GUARD_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "authz/policy/access_matrix.h"
#include "google/protobuf/message.h"
#include "interceptors/api_key_watch.h"
#include "interceptors/audit_trail.h"
#include "interceptors/call.h"
#include "interceptors/call_ids.h"
#include "interceptors/chain.h"
#include "interceptors/config.h"
#include "interceptors/guard_builder.h"
#include "interceptors/guard_limits.h"
#include "interceptors/guarded_method.h"
#include "interceptors/health/health_registry.h"
#include "interceptors/keys/key_keeper.h"
#include "interceptors/leaks/leak_detector.h"
#include "interceptors/limits/rate_limiter.h"
#include "interceptors/observe/decision_record.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/observe/metrics_server.h"
#include "interceptors/periodic.h"
#include "interceptors/policy_control.h"
#include "interceptors/refusal.h"
#include "interceptors/revocation/revocation_control.h"
#include "interceptors/signing/signature_check.h"

namespace warden {

class AbuseControl;
class AnomalyDetector;
class RpcMetrics;

// A status as a handler gives it, with gRPC's number of the code.
struct AnswerStatus {
  int code = 0;
  std::string_view text;
  std::string_view details;  // `grpc-status-details-bin`
};

struct GuardOptions {
  // Peers without a certificate are let in as nobody in particular. Only for insecure ports.
  bool insecure_allow_no_certificate = false;
  // Hears of every refusal, and of what else DecisionEvent has; a RefusalLog to stderr where null.
  std::shared_ptr<DecisionSink> sink;
  // What calls and streams are judged by: tokens, keys and revocations expire by it. absl::Now
  // where empty. Thread-safe.
  std::function<absl::Time()> clock;
};

class LimitCheck;
class LimitControl;
class LimitCounters;

// Thread-safe once made.
class Guard {
 public:
  // Reads the files that `config` names and compiles the annotations of `methods`. The error lists
  // every problem of every method and file, one a line; nothing is served then.
  static absl::StatusOr<std::unique_ptr<Guard>> Create(const LoadedConfig& config,
                                                       const std::vector<ServedMethod>& methods,
                                                       const GuardOptions& options);
  ~Guard();

  // Null for a method that is not guarded.
  const GuardedMethod* Find(std::string_view name) const;

  // The way of one call. Begin fills in what every call has; BeforeBody runs the stages that need
  // no message and OnRequest those that do. A refusal is counted and recorded as it is returned.
  // Then either Allowed, once, before the handler, and Finished after it, or neither. `method` may
  // be null for a call to no method of ours.
  void Begin(const GuardedMethod* method, Call* call) const;
  // Where BeforeBody leaves the call waiting, nothing is decided yet: it is to be called again,
  // with the call's transport as before, once what it waits for is there.
  std::optional<Refusal> BeforeBody(Call& call);
  // Before the body is parsed. REQUIRES: the method has a shape.
  std::optional<Refusal> OnBody(Call& call, uint64_t bytes, shape::SliceSource next);
  // Where the method takes signed requests: judges the signature, before the body is parsed. Where
  // the call is left waiting, OnNonce says how it goes on once that has ended.
  std::optional<Refusal> OnRawRequest(Call& call, const BodyDigest& body);
  std::optional<Refusal> OnNonce(Call& call);
  // Also brings the request into its form.
  std::optional<Refusal> OnRequest(Call& call, google::protobuf::Message& request);
  // Judges one message of a stream of requests. Counts which rules it broke; the refusal itself is
  // for StreamEnded. Any number of threads at once, also while the call is ended.
  std::optional<Refusal> OnStreamed(const Call& call, google::protobuf::Message& request);
  Refusal OnUnreadableRequest(Call& call);
  Refusal OnInternalError(Call& call, std::string_view detail);
  Refusal OnUnknownMethod(Call& call);
  // The last word on a call that nothing refused, before Allowed: refused all the same where it
  // must not go on unrecorded.
  std::optional<Refusal> Admit(Call& call);
  void Allowed(Call& call);
  void Finished(Call& call);

  // What the handler answers, by guard_responses.cc. Each counts and records what it finds. Any
  // number of threads at once. OnStatus: the code that is sent instead, with a constant text, where
  // there is one. HidesTrailer: whether that trailer must not be sent. OnResponse judges the
  // handler's own message by its rules, OnSent the bytes that are to be sent; `message` gives their
  // message and is asked only where it is needed, null where they are none. Both: why nothing may
  // be sent.
  std::optional<int> OnStatus(const Call& call, const AnswerStatus& status);
  bool HidesTrailer(const Call& call, std::string_view name, std::string_view value);
  std::optional<Reason> OnResponse(const Call& call, const google::protobuf::Message& message);
  using AskMessage = std::function<const google::protobuf::Message*()>;
  std::optional<Reason> OnSent(const Call& call, std::string_view bytes, const AskMessage& message);
  // An answer cannot be judged, so it is not sent.
  Reason OnAnswerError(const Call& call, std::string_view detail);
  // A call, refused or not, has ended with this status code.
  void Handled(const Call& call, int code);

  // For calls that go on for long. When the method's quota ends the stream, in nanoseconds of the
  // steady clock; nothing where it never does. When the credential that expires first has done so,
  // and the stream must end; why that is; and whether one of them was revoked since. The generation
  // changes whenever CheckRevoked may answer otherwise.
  std::optional<int64_t> QuotaEnd(const Call& call) const;
  Refusal WhyQuotaEnded(const Call& call) const;
  absl::Time CredentialsEnd(const Call& call) const;
  Refusal WhyEnded(const Call& call) const;
  std::optional<Refusal> CheckRevoked(const Call& call, absl::Time now) const;
  uint64_t credential_generation() const;
  absl::Time Now() const { return clock_ ? clock_() : absl::Now(); }
  // Counts and records that a call which was allowed is ended for this reason.
  void StreamEnded(Call& call, const Refusal& refusal);
  // Whether streams end with their credentials, and whether any stream ends before its time.
  bool watches_credentials() const { return watches_streams_; }
  bool watches_streams() const;

  // Opens the audit log's file by its path again, as after a rotation by logrotate. Not for signal
  // handlers.
  void ReopenAudit();
  // Calls that wait for something of the server's own, such as room in the audit log, wait no
  // longer than this: the server stops.
  void StopWaiting(absl::Time deadline);

  // A call that reached a method served around the gate.
  void CountUnguarded();

  // Whether there are methods whose messages are looked at after their calls were let in.
  bool looks_at_messages() const;

  // Whether calls that are let through also get the request id in a trailer.
  bool id_on_success() const { return id_on_success_; }

  const std::shared_ptr<Metrics>& metrics() const { return metrics_; }
  // When API keys were last used, in Unix seconds by id; empty where none are configured.
  ApiKeyTimes ApiKeyUses() const;

  // What is revoked. For decisions that are kept: revocation()->list() has a generation.
  const std::shared_ptr<RevocationControl>& revocation() const { return revocation_; }

  // What readiness depends on; parts that are not the guard's add their own checks.
  const std::shared_ptr<HealthRegistry>& health() const { return health_; }
  // The methods and roles of the policy in force.
  absl::StatusOr<AccessMatrix> AccessOfRoles() const;
  // Who is blocked, and why; null where `abuse` is not configured.
  const std::shared_ptr<AbuseControl>& abuse() const { return abuse_; }
  // Calls that wait for the penalty of their callers' failures are judged now.
  void StopDelays();

 private:
  Guard();
  absl::Status MakeMetrics();
  void MakeRpcMetrics();
  // The facts of a call that was let through, now, without what others may still write.
  Call FactsOf(const Call& call) const;
  // As Record, of a call that others may be at work on.
  void RecordAnswer(const Call& call, DecisionEvent event, std::string_view reason,
                    std::string_view detail, bool allowed);
  std::optional<Reason> OnLeak(const Call& call, Leak leak, std::string_view where);
  absl::Status StartAudit();
  void MakeStages(const LoadedConfig& config, const GuardOptions& options);
  std::shared_ptr<LimitCheck> MakeLimits(const v1::Config& config) const;
  std::optional<Refusal> CountStreamed(const Call& call, const google::protobuf::Message& request);
  std::optional<Refusal> CheckBodyLimits(Call& call, const google::protobuf::Message& request);
  void SampleGauges();
  void SampleIntrospection();
  void SampleRevocation();
  void Record(Call& call, const Refusal& refusal, std::string_view stage);
  // `observed` becomes what is only watched for, in the operator's words; "" for nothing.
  std::optional<Refusal> Judge(const Call& call, google::protobuf::Message& request, absl::Time now,
                               std::string* observed);
  bool NormalizeRequest(const Call& call, google::protobuf::Message* request,
                        std::vector<Violation>* violations);
  bool CheckRequest(const Call& call, const google::protobuf::Message& request, absl::Time now,
                    std::vector<Violation>* violations, std::string* observed);
  void TakeObserved(const Call& call, std::vector<Violation>* violations, std::string* detail);
  std::optional<Refusal> JudgeShape(const Call& call, const google::protobuf::Message& request);
  void CountShape(const Call& call, const Refusal& refusal);
  // Counts and records what the stages noted, and takes it off the call.
  void RecordNotes(Call& call);
  void RecordNote(Call& call, const CallNote& note);
  void WatchFiles();
  void CheckSigned(const LoadedConfig& config, ProblemList* problems);
  void ShareNonces(const LoadedConfig& config);
  void WatchSigningKeys();
  void ReadLimits(const LoadedConfig& config, ProblemList* problems);
  void WatchLimits();
  void WatchHealth();
  void MakeAbuse(const LoadedConfig& config, ProblemList* problems);
  void StartAbuse();
  void WatchCallers(std::vector<std::unique_ptr<Stage>>* stages);
  void OnRefusal(Call& call, Reason reason);
  // The status with which a handler ended a call; may be one of its `failures`.
  void OnHandlerStatus(const Call& call, int code);
  std::optional<Refusal> CheckRules(Call& call, google::protobuf::Message& request);
  // Counts and records a refusal and returns it.
  Refusal Refused(Call& call, Refusal refusal, std::string_view stage);

  std::deque<GuardedMethod> methods_;  // their addresses are stable
  absl::flat_hash_map<std::string_view, const GuardedMethod*> by_name_;
  std::shared_ptr<Metrics> metrics_;
  std::unique_ptr<RpcMetrics> rpc_metrics_;  // read by metrics_
  std::shared_ptr<HealthRegistry> health_;
  std::unique_ptr<PolicyControl> policies_;
  std::vector<std::shared_ptr<PeerRules>> peer_rules_;
  std::shared_ptr<TokenCache> tokens_;          // null where no issuer is configured
  std::shared_ptr<Introspector> introspector_;  // null where no authorization server is
  std::unique_ptr<KeyKeeper> keys_;             // null where no issuer is configured
  std::shared_ptr<ApiKeyStore> api_keys_;       // null where none are configured
  std::shared_ptr<RateLimiter> limiter_;
  std::vector<Limit> connection_limits_;         // as they were configured
  std::shared_ptr<LimitControl> limit_control_;  // what they and the methods' are now
  std::shared_ptr<LimitCounters> limit_counters_;
  std::shared_ptr<LimitCheck> limits_;
  std::shared_ptr<RevocationControl> revocation_;
  std::shared_ptr<SignatureCheck> signatures_;  // null where no keys are configured
  std::shared_ptr<AbuseControl> abuse_;         // null where none is configured
  std::unique_ptr<AnomalyDetector> anomalies_;  // likewise
  std::unique_ptr<AuditTrail> audit_;           // null where none is configured
  CallIds ids_;
  std::unique_ptr<Chain> before_body_;
  std::shared_ptr<DecisionSink> sink_;
  std::function<absl::Time()> clock_;
  size_t max_violations_ = 16;
  bool observe_rules_ = false;
  bool id_on_success_ = false;
  bool watches_streams_ = true;
  absl::Duration expiry_grace_;
  std::vector<std::unique_ptr<Periodic>> reloads_;  // the first to go
  std::unique_ptr<ApiKeyWatch> api_key_watch_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_H_
