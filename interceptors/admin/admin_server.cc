#include "interceptors/admin/admin_server.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "interceptors/observe/operator_log.h"

namespace warden {
namespace {

void Tell(const char* what, const std::optional<absl::Status>& looked) {
  if (!looked.has_value()) return;
  LogForOperator(
      "admin", looked->ok() ? absl::StrCat("took up new ", what)
                            : absl::StrCat("new ", what, " not taken up: ",
                                           absl::StrReplaceAll(looked->message(), {{"\n", "; "}})));
}

}  // namespace

AdminServer::~AdminServer() = default;

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const AdminSettings& settings,
                                                                AdminSources sources,
                                                                AdminListenerOptions options) {
  std::unique_ptr<AdminServer> server(new AdminServer);
  if (settings.https()) {
    absl::StatusOr<std::unique_ptr<AdminTls>> tls = AdminTls::Create(settings.tls, absl::Now());
    if (!tls.ok()) return tls.status();
    server->tls_ = *std::move(tls);
  }
  if (!settings.bearer_token_file.empty()) {
    absl::StatusOr<std::unique_ptr<BearerSecret>> secret =
        BearerSecret::Create(settings.bearer_token_file);
    if (!secret.ok()) return secret.status();
    server->secret_ = *std::move(secret);
  }
  server->pages_ = std::make_shared<AdminPages>(
      AdminPagesOptions{.debug_policy = settings.debug_policy,
                        .only_local_names = settings.address.loopback && !settings.asks_clients()},
      std::move(sources), server->secret_.get());
  options.look_interval = settings.reload_interval;
  AdminServer* const raw = server.get();
  absl::StatusOr<std::unique_ptr<AdminListener>> listener = AdminListener::Start(
      settings.address, options,
      {.answer = [raw](const AdminRequest& request) { return raw->pages_->Answer(request); },
       .tls = [raw] { return raw->tls_ == nullptr ? nullptr : raw->tls_->context(); },
       .look = [raw] { raw->Look(); }});
  if (!listener.ok()) return listener.status();
  server->listener_ = *std::move(listener);
  return server;
}

void AdminServer::Look() {
  if (tls_ != nullptr) Tell("certificates", tls_->Look(absl::Now()));
  if (secret_ != nullptr) Tell("token", secret_->Look());
}

}  // namespace warden
