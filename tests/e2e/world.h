// A guarded server over real mTLS with everything around it: authorities, identities, keys, policy,
// configuration.
#ifndef WARDEN_TESTS_E2E_WORLD_H_
#define WARDEN_TESTS_E2E_WORLD_H_

#include <grpcpp/channel.h>
#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "authz/token/signer.h"
#include "interceptors/grpc/server_builder.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/probe_service.h"
#include "tests/e2e/raw_call.h"
#include "tests/support/certificates.h"

namespace warden::testing {

inline constexpr char kIssuer[] = "https://auth.probe.test";
inline constexpr char kAudience[] = "probe";

// Keeps every refusal record as text.
class RecordingSink final : public DecisionSink {
 public:
  void Record(const DecisionRecord& record) override;
  std::string all() const;  // one line a record

 private:
  mutable std::mutex mutex_;
  std::string lines_;
};

struct WorldOptions {
  Api api = Api::kCallback;
  std::string policy;        // YAML; the default has roles caller, admin and auditor
  std::string extra_config;  // YAML lines added to the configuration
  // Registers more services, sets gRPC options.
  std::function<void(ServerBuilder&)> customize;
  bool register_probe = true;
};

// Makes all files in a temporary folder, which goes with it. The server is started by Start.
class World {
 public:
  explicit World(WorldOptions options = {});
  ~World();

  absl::Status Start();
  // As WorldOptions::customize; before Start.
  void SetCustomize(std::function<void(ServerBuilder&)> customize) {
    options_.customize = std::move(customize);
  }
  Server& server() { return *server_; }
  int port() const { return port_; }

  // A channel of its own connection with this certificate; null certificate: none is shown.
  std::shared_ptr<grpc::Channel> Connect(const Certificate* identity) const;
  // The same to another server that has this world's certificates.
  std::shared_ptr<grpc::Channel> ConnectTo(int port, const Certificate* identity) const;
  // A certificate of the trusted authority, with that SPIFFE ID.
  Certificate Identity(const std::string& spiffe_id) const;
  // The channel that most tests use: spiffe://probe.test/client.
  const std::shared_ptr<grpc::Channel>& channel();

  // A good token for `subject` with `roles`; `edit` may spoil the claims, `header` is merged into
  // the header.
  std::string Token(const std::string& subject, const std::vector<std::string>& roles,
                    const std::function<void(nlohmann::json&)>& edit = nullptr) const;
  static RawCall Call(const std::string& method, const std::string& token,
                      const std::string& body = "");

  const SigningKey& key() const { return key_; }
  const CertificateAuthority& authority() const { return authority_; }
  int runs() const { return runs_; }
  RecordingSink& sink() { return *sink_; }
  const std::filesystem::path& folder() const { return folder_; }

  // Every sample that the metrics port serves over HTTP, by its name and labels as they stand
  // there.
  std::map<std::string, double> Metrics() const;
  // warden_decisions_total of a method and a reason; 0 where there is none yet.
  double Decisions(const std::string& method, const std::string& reason) const;

 private:
  void WriteFiles();
  void Write(const std::string& name, const std::string& text) const;

  WorldOptions options_;
  std::filesystem::path folder_;
  CertificateAuthority authority_;
  SigningKey key_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  std::atomic<int> runs_{0};
  std::unique_ptr<grpc::Service> probe_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_WORLD_H_
