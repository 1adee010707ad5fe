// The HTTP port for operators: health, readiness, metrics and the policy in force.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_SERVER_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_SERVER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "interceptors/admin/admin_listener.h"
#include "interceptors/admin/admin_pages.h"
#include "interceptors/admin/admin_settings.h"
#include "interceptors/admin/admin_tls.h"
#include "interceptors/admin/bearer_secret.h"

namespace warden {

// HTTP/1.1 from one thread of its own, see AdminListener for what bounds it and AdminPages for what
// it answers. Certificates and token are taken up anew when their files change.
//
// Warden's own few hundred lines instead of a server library: those at hand either give each client
// a thread and count its time anew with each byte (cpp-httplib, CivetWeb), so that slow clients
// take /healthz away and the server is restarted, or find OpenSSL only on machines with its
// development package (CivetWeb opens "libssl.so").
class AdminServer {
 public:
  // Serves until destroyed. `sources` must live that long. InvalidArgument lists every problem with
  // the files; Unavailable: the address cannot be bound. REQUIRES: settings.enabled.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const AdminSettings& settings,
                                                            AdminSources sources,
                                                            AdminListenerOptions options = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  uint16_t port() const { return listener_->port(); }
  // For its metrics.
  std::shared_ptr<const AdminPages> pages() const { return pages_; }

 private:
  AdminServer() = default;
  void Look();

  std::unique_ptr<BearerSecret> secret_;  // null where none is asked for
  std::unique_ptr<AdminTls> tls_;         // null for plain HTTP
  std::shared_ptr<AdminPages> pages_;
  std::unique_ptr<AdminListener> listener_;  // the first to go: its thread uses the others
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_SERVER_H_
