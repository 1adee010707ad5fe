// What the admin port answers: who may see which page, and what is on it.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_PAGES_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_PAGES_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/policy/access_matrix.h"
#include "interceptors/admin/admin_http.h"
#include "interceptors/admin/bearer_secret.h"
#include "interceptors/health/health_registry.h"

namespace warden {

struct AdminPagesOptions {
  // Of /metrics and /debug/policy together, in a second; more are answered with 429. A page can
  // cost milliseconds, which calls would miss.
  double pages_per_second = 20;
  bool debug_policy = false;
  // Only answers requests for an IP address or `localhost`: for a port that is protected by its
  // loopback address alone, where a page in a browser could otherwise reach it under a name of its
  // own (DNS rebinding).
  bool only_local_names = false;
};

struct AdminSources {
  std::shared_ptr<prometheus::Collectable> metrics;
  std::shared_ptr<HealthRegistry> health;
  std::function<absl::StatusOr<AccessMatrix>()> policy;  // see AdminPagesOptions::debug_policy
};

// The pages of an admin port:
//
//   /healthz       200 "ok" while the process can answer; hangs on nothing else
//   /readyz        200 or 503, with the checks as JSON; details only for who may see /metrics
//   /metrics       Prometheus text
//   /debug/policy  the matrix of roles and methods, as HTML, or JSON with ?format=json
//
// Answer is for one thread; Families is thread-safe.
class AdminPages {
 public:
  // `secret` may be null: then who has got through to the port may see all. It must outlive this.
  AdminPages(AdminPagesOptions options, AdminSources sources, const BearerSecret* secret);

  AdminAnswer Answer(const AdminRequest& request);

  // warden_admin_requests_total.
  std::vector<prometheus::MetricFamily> Families() const;

 private:
  static constexpr std::array<std::string_view, 5> kPages = {"healthz", "readyz", "metrics",
                                                             "debug_policy", "other"};
  static constexpr std::array<std::string_view, 4> kResults = {"ok", "refused", "limited",
                                                               "unwell"};
  AdminAnswer AnswerPage(size_t page, const AdminRequest& request);
  AdminAnswer Ready(bool with_details);
  AdminAnswer MetricsPage(const AdminRequest& request);
  AdminAnswer PolicyPage(const AdminRequest& request);
  bool MayMakePage(absl::Time now);
  bool Knows(const AdminRequest& request) const;

  const AdminPagesOptions options_;
  const AdminSources sources_;
  const BearerSecret* const secret_;
  double allowance_;
  absl::Time last_refill_;
  std::array<std::atomic<uint64_t>, kPages.size() * kResults.size()> counts_{};
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_PAGES_H_
