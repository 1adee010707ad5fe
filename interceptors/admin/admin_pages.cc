#include "interceptors/admin/admin_pages.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/admin/gzip.h"
#include "interceptors/monotonic.h"
#include "interceptors/observe/listen_address.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

enum Page : size_t { kHealthz, kReadyz, kMetrics, kDebugPolicy, kOther };
enum Result : size_t { kOk, kRefused, kLimited, kUnwell };

Page PageOf(std::string_view path) {
  if (path == "/healthz") return kHealthz;
  if (path == "/readyz") return kReadyz;
  if (path == "/metrics") return kMetrics;
  if (path == "/debug/policy") return kDebugPolicy;
  return kOther;
}

Result ResultOf(int status) {
  if (status == 200) return kOk;
  if (status == 429) return kLimited;
  return status >= 500 ? kUnwell : kRefused;
}

// "localhost", "127.0.0.1", "[::1]", with a port or without.
bool IsLocalName(std::string_view host) {
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string name(has_port ? host.substr(0, colon) : host);
  return name == "localhost" || IsIpAddress(name);
}

// For the policy's page, which styles its table: this one style and nothing else.
std::string ContentSecurityPolicy(const std::string& html) {
  constexpr std::string_view kBegin = "<style>";
  const size_t begin = html.find(kBegin) + kBegin.size();
  const size_t end = html.find("</style>");
  if (end == std::string::npos || begin > end) return "default-src 'none'";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(html.data()) + begin, end - begin, digest);
  unsigned char base64[4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1];
  EVP_EncodeBlock(base64, digest, sizeof(digest));
  return absl::StrCat("default-src 'none'; style-src 'sha256-",
                      reinterpret_cast<const char*>(base64),
                      "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
}

}  // namespace

AdminPages::AdminPages(AdminPagesOptions options, AdminSources sources, const BearerSecret* secret)
    : options_(options),
      sources_(std::move(sources)),
      secret_(secret),
      allowance_(2 * options.pages_per_second),
      last_refill_(MonotonicNow()) {}

AdminAnswer AdminPages::Answer(const AdminRequest& request) {
  const Page page = PageOf(request.path);
  AdminAnswer answer;
  try {
    answer = AnswerPage(page, request);
  } catch (const std::exception&) {  // no memory, say; its text is nobody's business
    answer = PlainAnswer(500);
  }
  counts_[page * kResults.size() + ResultOf(answer.status)].fetch_add(1, std::memory_order_relaxed);
  return answer;
}

bool AdminPages::Knows(const AdminRequest& request) const {
  return secret_ == nullptr || secret_->Opens(request.authorization);
}

AdminAnswer AdminPages::AnswerPage(size_t page, const AdminRequest& request) {
  if (options_.only_local_names && !request.host.empty() && !IsLocalName(request.host)) {
    return PlainAnswer(421);
  }
  if (page == kHealthz) return {.body = "ok\n"};
  if (page == kReadyz) return Ready(Knows(request));
  if (page == kOther || (page == kDebugPolicy && !options_.debug_policy)) return PlainAnswer(404);
  if (!Knows(request)) {
    AdminAnswer answer = PlainAnswer(401);
    answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"warden\"");
    return answer;
  }
  if (!MayMakePage(MonotonicNow())) {
    AdminAnswer answer = PlainAnswer(429);
    answer.headers.emplace_back("Retry-After", "1");
    return answer;
  }
  return page == kMetrics ? MetricsPage(request) : PolicyPage(request);
}

bool AdminPages::MayMakePage(absl::Time now) {
  const double refill = absl::ToDoubleSeconds(now - last_refill_) * options_.pages_per_second;
  allowance_ = std::min(2 * options_.pages_per_second, allowance_ + refill);
  last_refill_ = now;
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

AdminAnswer AdminPages::Ready(bool with_details) {
  const HealthReport report = sources_.health->Report();
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const HealthCheck& check : report.checks) {
    nlohmann::ordered_json one = {
        {"name", check.name},
        {"ok", check.found.state != HealthState::kFailed},
        {"state", std::string(ToString(check.found.state))},
        {"since", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", check.since, absl::UTCTimeZone())}};
    if (with_details && !check.found.detail.empty()) one["detail"] = check.found.detail;
    checks.push_back(std::move(one));
  }
  const nlohmann::ordered_json document = {{"ready", report.ready}, {"checks", std::move(checks)}};
  using Json = nlohmann::ordered_json;
  return {.status = report.ready ? 200 : 503,
          .content_type = "application/json",
          .body = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

AdminAnswer AdminPages::MetricsPage(const AdminRequest& request) {
  AdminAnswer answer{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  answer.body = prometheus::TextSerializer().Serialize(sources_.metrics->Collect());
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (!request.accepts_gzip) return answer;
  if (std::optional<std::string> packed = Gzip(answer.body); packed.has_value()) {
    answer.body = *std::move(packed);
    answer.headers.emplace_back("Content-Encoding", "gzip");
  }
  return answer;
}

AdminAnswer AdminPages::PolicyPage(const AdminRequest& request) {
  const bool json = request.query == "format=json";
  if (!json && !request.query.empty() && request.query != "format=html") return PlainAnswer(400);
  const absl::StatusOr<AccessMatrix> matrix = sources_.policy();
  if (!matrix.ok()) return PlainAnswer(500);
  if (json) return {.content_type = "application/json", .body = MatrixAsJson(*matrix)};
  AdminAnswer answer{.content_type = "text/html; charset=utf-8", .body = MatrixAsHtml(*matrix)};
  answer.headers.emplace_back("Content-Security-Policy", ContentSecurityPolicy(answer.body));
  return answer;
}

std::vector<prometheus::MetricFamily> AdminPages::Families() const {
  prometheus::MetricFamily requests = {"warden_admin_requests_total",
                                       "Requests to the admin port, by page and result.",
                                       prometheus::MetricType::Counter,
                                       {}};
  for (size_t page = 0; page < kPages.size(); ++page) {
    for (size_t result = 0; result < kResults.size(); ++result) {
      const uint64_t count =
          counts_[page * kResults.size() + result].load(std::memory_order_relaxed);
      // Most of these pairs can never be.
      if (count == 0 && result != kOk) continue;
      prometheus::ClientMetric& sample = requests.metric.emplace_back();
      sample.label = {{"page", std::string(kPages[page])},
                      {"result", std::string(kResults[result])}};
      sample.counter.value = static_cast<double>(count);
    }
  }
  std::vector<prometheus::MetricFamily> families;
  families.push_back(std::move(requests));
  return families;
}

}  // namespace warden
