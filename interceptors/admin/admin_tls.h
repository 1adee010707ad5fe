// The certificates of the admin port, as their files say while the server runs.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_TLS_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_TLS_H_

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/tls_files.h"

namespace warden {

// TLS 1.2 at least, no session is resumed, and where `client_ca` is given each client must show a
// certificate that one of those CAs signed. Not thread-safe: one thread looks and serves.
class AdminTls {
 public:
  // `files.client_ca` may be empty. InvalidArgument lists every problem with the files.
  static absl::StatusOr<std::unique_ptr<AdminTls>> Create(TlsFiles files, absl::Time now);

  // Looks at the files again. What does not fit together leaves what was used before in use.
  // Nullopt where there is nothing new; else whether all could be used.
  std::optional<absl::Status> Look(absl::Time now);

  // For the connections from now on; those that are open stay as they are.
  SSL_CTX* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using Context = std::unique_ptr<SSL_CTX, Free>;

  explicit AdminTls(TlsFiles files) : files_(std::move(files)) {}
  static absl::StatusOr<Context> MakeContext(const TlsPair& pair, const std::string* client_ca);

  const TlsFiles files_;
  std::shared_ptr<const TlsPair> pair_;
  std::shared_ptr<const std::string> client_ca_;
  std::string problems_;  // of the last look
  Context context_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_TLS_H_
