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
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "authz/token/signer.h"
#include "interceptors/grpc/server_builder.h"
#include "interceptors/observe/decision_record.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/probe_service.h"
#include "tests/e2e/raw_call.h"
#include "tests/support/certificates.h"

namespace warden::testing {

inline constexpr char kIssuer[] = "https://auth.probe.test";
inline constexpr char kAudience[] = "probe";

// A DecisionRecord that outlives its call.
struct RefusalRecord {
  std::string request_id, method, peer, address, principal, reason, stage, detail, policy;
  std::string event;  // "refusal", or that of a note
  bool allowed = false;
  std::string text() const;  // all of it, on one line
};

// Keeps every refusal record. Thread-safe.
class RecordingSink final : public DecisionSink {
 public:
  void Record(const DecisionRecord& record) override;
  std::vector<RefusalRecord> records() const;
  std::string all() const;  // one line a record

 private:
  mutable std::mutex mutex_;
  std::vector<RefusalRecord> records_;
};

struct WorldOptions {
  Api api = Api::kCallback;
  std::string policy;        // YAML; the default has roles caller, admin and auditor
  std::string extra_config;  // YAML lines added to the configuration
  // Texts of warden.yaml to be replaced by others, for configurations that are wrong.
  std::vector<std::pair<std::string, std::string>> edit_config;
  // Registers more services, sets gRPC options.
  std::function<void(ServerBuilder&)> customize;
  bool register_probe = true;
  bool log_to_stderr = false;  // the server's own log of refusals instead of sink()
  bool record = true;          // refusals go to sink(); else to a log that is thrown away
};

// Makes all files in a temporary folder, which goes with it. The server is started by Start. Not
// thread-safe before that, thread-safe after it except for channel().
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
  // The same to another server that has this world's certificates, or by another name of this one:
  // its `:authority`, where not "".
  std::shared_ptr<grpc::Channel> ConnectTo(int port, const Certificate* identity,
                                           const std::string& authority = "") const;
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

  // The configured keys: ES256 "key-1", RS256 "key-rsa", EdDSA "key-ed".
  const SigningKey& key() const { return key_; }
  const SigningKey& rsa_key() const { return rsa_key_; }
  const SigningKey& ed_key() const { return ed_key_; }
  const CertificateAuthority& authority() const { return authority_; }
  int runs() const { return runs_; }
  // For handlers besides the probe's.
  std::atomic<int>* counter() { return &runs_; }
  RecordingSink& sink() { return *sink_; }
  const std::filesystem::path& folder() const { return folder_; }
  // Writes a file of the folder again; before Start.
  void Write(const std::string& name, const std::string& text) const;

  // Every sample that the metrics port serves over HTTP, by its name and labels as they stand
  // there.
  std::map<std::string, double> Metrics() const;
  // warden_decisions_total of a method and a reason; 0 where there is none yet.
  double Decisions(const std::string& method, const std::string& reason) const;
  // The good claims that Token signs.
  static nlohmann::json Claims(const std::string& subject, const std::vector<std::string>& roles);

 private:
  void WriteFiles();

  WorldOptions options_;
  std::filesystem::path folder_;
  CertificateAuthority authority_;
  SigningKey key_;
  SigningKey rsa_key_;
  SigningKey ed_key_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  std::atomic<int> runs_{0};
  std::unique_ptr<grpc::Service> probe_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_WORLD_H_
