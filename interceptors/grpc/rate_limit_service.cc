#include "interceptors/grpc/rate_limit_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "warden/ratelimit/v1/rate_limit.pb.h"

namespace warden {
namespace {

using ratelimit::v1::RateLimitRequest;
using ratelimit::v1::RateLimitResponse;
using Stub = grpc::TemplatedGenericStub<RateLimitRequest, RateLimitResponse>;

constexpr char kMethod[] = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
constexpr int kMaxAnswerBytes = 64 * 1024;
constexpr unsigned kReloadSeconds = 5;
// No service's window is longer than a year.
constexpr absl::Duration kLongestReset = absl::Hours(24 * 366);

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const RateLimitServiceOptions& options) {
  if (options.ca_file.empty()) return grpc::InsecureChannelCredentials();
  using grpc::experimental::FileWatcherCertificateProvider;
  grpc::experimental::TlsChannelCredentialsOptions tls;
  if (options.certificate_file.empty()) {
    tls.set_certificate_provider(
        std::make_shared<FileWatcherCertificateProvider>(options.ca_file, kReloadSeconds));
  } else {
    tls.set_certificate_provider(std::make_shared<FileWatcherCertificateProvider>(
        options.private_key_file, options.certificate_file, options.ca_file, kReloadSeconds));
    tls.watch_identity_key_cert_pairs();
  }
  tls.watch_root_certs();
  return grpc::experimental::TlsCredentials(tls);
}

std::shared_ptr<grpc::Channel> ChannelTo(const RateLimitServiceOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // a call would be charged twice
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const bool is_unix = options.address.substr(0, 5) == "unix:";
  return grpc::CreateCustomChannel(is_unix ? options.address : "dns:///" + options.address,
                                   CredentialsOf(options), arguments);
}

int64_t ResetNanos(const RateLimitResponse::DescriptorStatus& status) {
  const google::protobuf::Duration& until = status.duration_until_reset();
  const absl::Duration reset = absl::Seconds(until.seconds()) + absl::Nanoseconds(until.nanos());
  return absl::ToInt64Nanoseconds(std::clamp(reset, absl::ZeroDuration(), kLongestReset));
}

bool IsOver(const RateLimitResponse::DescriptorStatus& status) {
  return status.code() == RateLimitResponse::OVER_LIMIT;
}

// `status` is null where the service said nothing of this limit.
SharedDecision ToDecision(const SharedAsk& ask, bool allowed,
                          const RateLimitResponse::DescriptorStatus* status) {
  SharedDecision decision = {.taken = ask.cost};
  decision.judged.allowed = allowed;
  decision.judged.remaining = allowed ? ask.spec.size() : 0;
  decision.judged.wait_ns = allowed ? 0 : kNever;
  if (status == nullptr) return decision;
  if (status->has_current_limit()) decision.judged.remaining = status->limit_remaining();
  if (!status->has_duration_until_reset()) return decision;
  decision.judged.reset_ns = ResetNanos(*status);
  if (!allowed) decision.judged.wait_ns = std::max<int64_t>(decision.judged.reset_ns, 1);
  return decision;
}

prometheus::MetricFamily One(const char* name, const char* help, prometheus::MetricType type,
                             uint64_t value) {
  prometheus::MetricFamily family = {name, help, type, {}};
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  (type == prometheus::MetricType::Counter ? sample.counter.value : sample.gauge.value) =
      static_cast<double>(value);
  return family;
}

}  // namespace

struct RateLimitService::Wire {
  explicit Wire(const RateLimitServiceOptions& options)
      : domain(options.domain),
        timeout(options.timeout),
        channel(ChannelTo(options)),
        stub(channel) {}

  const std::string domain;
  const absl::Duration timeout;
  const std::shared_ptr<grpc::Channel> channel;
  Stub stub;
  std::atomic<bool> up{true};
  std::atomic<uint64_t> questions{0}, errors{0}, pending{0};
};

// All questions of one Decide; each writes the decisions that are its own.
struct RateLimitService::Round {
  std::vector<SharedAsk> asks;
  std::vector<SharedDecision> decisions;
  std::function<void(Answer)> then;
  std::atomic<size_t> left{0};
  Mutex mutex;
  absl::Status error ABSL_GUARDED_BY(mutex);

  void Read(const RateLimitResponse& response, const std::vector<size_t>& which) {
    const auto& statuses = response.statuses();
    const bool told = static_cast<size_t>(statuses.size()) == which.size();
    const bool over = response.overall_code() == RateLimitResponse::OVER_LIMIT;
    // Where it is not said which of them, all are taken to be.
    const bool named = told && std::any_of(statuses.begin(), statuses.end(), IsOver);
    for (size_t i = 0; i < which.size(); ++i) {
      const auto* const status = told ? &statuses[static_cast<int>(i)] : nullptr;
      const bool allowed = !over || (named && !IsOver(*status));
      decisions[which[i]] = ToDecision(asks[which[i]], allowed, status);
    }
  }
  void Fail(absl::Status status) {
    const MutexLock lock(&mutex);
    error = std::move(status);
  }
  void EndOne() {
    if (left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    absl::Status status;
    {
      const MutexLock lock(&mutex);
      status = error;
    }
    if (status.ok()) {
      then(std::move(decisions));
    } else {
      then(std::move(status));
    }
  }
};

RateLimitService::RateLimitService(const RateLimitServiceOptions& options)
    : wire_(std::make_shared<Wire>(options)) {
  wire_->channel->GetState(/*try_to_connect=*/true);
}

void RateLimitService::Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) {
  std::map<uint32_t, std::vector<size_t>> by_cost;
  for (size_t i = 0; i < asks.size(); ++i) by_cost[asks[i].cost].push_back(i);
  const auto round = std::make_shared<Round>();
  round->decisions.resize(asks.size());
  round->asks = std::move(asks);
  round->then = std::move(then);
  round->left = by_cost.size() + 1;  // and this one, so that it ends once
  for (auto& [cost, which] : by_cost) Ask(wire_, round, std::move(which));
  round->EndOne();
}

void RateLimitService::Ask(const std::shared_ptr<Wire>& wire, const std::shared_ptr<Round>& round,
                           std::vector<size_t> which) {
  wire->questions.fetch_add(1, std::memory_order_relaxed);
  if (wire->pending.fetch_add(1, std::memory_order_relaxed) >= kMaxPending) {
    wire->pending.fetch_sub(1, std::memory_order_relaxed);
    wire->errors.fetch_add(1, std::memory_order_relaxed);
    round->Fail(absl::UnavailableError("too many questions under way"));
    return round->EndOne();
  }
  struct Question {
    grpc::ClientContext context;
    RateLimitRequest request;
    RateLimitResponse response;
    std::vector<size_t> which;
  };
  const auto question = std::make_shared<Question>();
  question->which = std::move(which);
  question->request.set_domain(wire->domain);
  question->request.set_hits_addend(round->asks[question->which.front()].cost);
  for (const size_t i : question->which) {
    auto* const descriptor = question->request.add_descriptors();
    for (const LimitEntry& entry : round->asks[i].entries) {
      auto* const added = descriptor->add_entries();
      added->set_key(entry.key);
      added->set_value(entry.value);
    }
  }
  question->context.set_deadline(std::chrono::system_clock::now() +
                                 absl::ToChronoMicroseconds(wire->timeout));
  const auto done = [wire, round, question](const grpc::Status& status) {
    wire->pending.fetch_sub(1, std::memory_order_relaxed);
    const auto code = question->response.overall_code();
    const bool answered =
        status.ok() && (code == RateLimitResponse::OK || code == RateLimitResponse::OVER_LIMIT);
    wire->up.store(answered, std::memory_order_relaxed);
    if (answered) {
      round->Read(question->response, question->which);
    } else {
      wire->errors.fetch_add(1, std::memory_order_relaxed);
      round->Fail(absl::UnavailableError(
          status.ok() ? absl::StrCat("rate limit service: overall code ", code)
                      : absl::StrCat("rate limit service: code ", status.error_code(), ": ",
                                     status.error_message())));
    }
    round->EndOne();
  };
  wire->stub.UnaryCall(&question->context, kMethod, grpc::StubOptions(), &question->request,
                       &question->response, done);
}

std::vector<prometheus::MetricFamily> RateLimitService::Families() const {
  using prometheus::MetricType;
  return {One("warden_limit_service_up", "0 after a question that the service did not answer.",
              MetricType::Gauge, wire_->up.load(std::memory_order_relaxed) ? 1 : 0),
          One("warden_limit_service_questions_total", "Questions to the rate limit service.",
              MetricType::Counter, wire_->questions.load(std::memory_order_relaxed)),
          One("warden_limit_service_errors_total", "Questions that it did not answer.",
              MetricType::Counter, wire_->errors.load(std::memory_order_relaxed))};
}

SharedLimits ConnectRateLimitService(const RateLimitServiceOptions& options) {
  const auto service = std::make_shared<RateLimitService>(options);
  return {service, [service] { return service->Families(); }};
}

}  // namespace warden
