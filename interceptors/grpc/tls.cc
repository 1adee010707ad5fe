#include "interceptors/grpc/tls.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "authz/sync/mutex.h"

namespace warden {
namespace {

// What gRPC's callbacks need. gRPC's credentials own it: the last of their server's connections may
// outlive everything of ours.
class Port {
 public:
  Port(std::shared_ptr<TlsSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)) {}

  // gRPC asks before each handshake, and keeps what it has where it cannot use the answer.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* port, grpc_ssl_server_certificate_config** config) {
    return static_cast<Port*>(port)->FetchConfig(config);
  }

  // gRPC calls this for each call, before it becomes one of the server's.
  static void Mark(void* port, grpc_auth_context* context, const grpc_metadata*, size_t,
                   grpc_process_auth_metadata_done_cb done, void* user_data) {
    static_cast<Port*>(port)->MarkConnection(context);
    done(user_data, nullptr, 0, nullptr, 0, GRPC_STATUS_OK, nullptr);
  }

  static void Destroy(void* port) { delete static_cast<Port*>(port); }

  bool named() const { return !name_.empty(); }

 private:
  grpc_ssl_certificate_config_reload_status FetchConfig(
      grpc_ssl_server_certificate_config** config) {
    TlsMaterial now = source_->current();
    MutexLock lock(&mutex_);
    if (now == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {now.pair->private_key.c_str(),
                                             now.pair->certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(now.client_ca->c_str(), &pair, 1);
    given_ = std::move(now);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  // A context belongs to a connection and is read without a lock, so it is written once, and before
  // any call of the connection has got past this lock.
  void MarkConnection(grpc_auth_context* context) {
    MutexLock lock(&mutex_);
    grpc_auth_property_iterator found =
        grpc_auth_context_find_properties_by_name(context, kPortProperty);
    if (grpc_auth_property_iterator_next(&found) != nullptr) return;
    grpc_auth_context_add_property(context, kPortProperty, name_.data(), name_.size());
  }

  const std::shared_ptr<TlsSource> source_;
  const std::string name_;
  Mutex mutex_;
  TlsMaterial given_ ABSL_GUARDED_BY(mutex_);
};

// gRPC's C++ API has no way to the C API's credentials that fetch their certificates, but it lets
// others implement its own interface.
class FetchingCredentials final : public grpc::ServerCredentials {
 public:
  explicit FetchingCredentials(std::unique_ptr<Port> port) {
    const bool named = port->named();
    grpc_ssl_server_credentials_options* const options =
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, Port::Fetch, port.get());
    credentials_ = grpc_ssl_server_credentials_create_with_options(options);
    // A processor without a function costs calls nothing, and keeps its state all the same.
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_, {named ? Port::Mark : nullptr, Port::Destroy, port.release()});
  }
  ~FetchingCredentials() override { grpc_server_credentials_release(credentials_); }

  // The one place for a processor holds Port's.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* credentials_ = nullptr;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(std::shared_ptr<TlsSource> source,
                                                               std::string port_name) {
  return std::make_shared<FetchingCredentials>(
      std::make_unique<Port>(std::move(source), std::move(port_name)));
}

}  // namespace warden
