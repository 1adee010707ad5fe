#include "tests/e2e/world.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "interceptors/observe/refusal_log.h"
#include "tests/support/http_ask.h"

namespace warden::testing {
namespace {

constexpr char kPolicy[] = R"(
roles:
  caller:
    permissions: [probe.call]
  admin:
    permissions: [probe.call, probe.admin]
  auditor:
    permissions: [probe.audit]
bindings:
  - roles: [caller]
    claim: {path: roles, values: [caller]}
  - roles: [admin]
    claim: {path: roles, values: [admin]}
  - roles: [auditor]
    peer: {spiffe_ids: ["spiffe://probe.test/auditor"]}
)";

constexpr char kRequestConfig[] = "request:\n  id_on_success: true\n";

constexpr char kConfig[] = R"(
tls:
  certificate_file: server.crt
  private_key_file: server.key
  client_ca_file: ca.crt
  reload_interval: 1s
identity:
  trust_domains: [probe.test]
tokens:
  issuers:
    - issuer: https://auth.probe.test
      jwks_file: jwks.json
      audiences: [probe]
      algorithms: [ES256, RS256, EdDSA]
      leeway: 5s
policy_file: policy.yaml
metrics:
  address: 127.0.0.1:0
)";

std::filesystem::path MakeFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "warden-e2e-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return path;
}

// Keys are dear to make; every world of a program has the same ones.
SigningKey Key(Algorithm algorithm, const char* key_id) {
  static std::mutex mutex;
  static auto* const made = new std::map<std::string, SigningKey>;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = made->find(key_id);
  if (found != made->end()) return found->second;
  return made->emplace(key_id, SigningKey::Generate(algorithm, key_id).value()).first->second;
}

}  // namespace

std::string RefusalRecord::text() const {
  return absl::StrCat(request_id, " ", method, " ", peer, " ", address, " ", principal, " ", reason,
                      " ", stage, " ", detail);
}

void RecordingSink::Record(const DecisionRecord& record) {
  RefusalRecord kept;
  kept.request_id = record.request_id;
  kept.method = record.method;
  kept.peer = record.peer;
  kept.address = record.address;
  kept.principal = record.principal;
  kept.reason = record.reason;
  kept.stage = record.stage;
  kept.detail = record.detail;
  kept.policy = record.policy;
  kept.event = ToString(record.event);
  kept.allowed = record.allowed;
  const std::lock_guard<std::mutex> lock(mutex_);
  records_.push_back(std::move(kept));
}

std::vector<RefusalRecord> RecordingSink::records() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return records_;
}

std::string RecordingSink::all() const {
  std::string lines;
  for (const RefusalRecord& record : records()) absl::StrAppend(&lines, record.text(), "\n");
  return lines;
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      folder_(MakeFolder()),
      authority_("Probe CA"),
      key_(Key(Algorithm::kEs256, "key-1")),
      rsa_key_(Key(Algorithm::kRs256, "key-rsa")),
      ed_key_(Key(Algorithm::kEdDsa, "key-ed")) {
  WriteFiles();
}

World::~World() {
  channel_.reset();
  server_.reset();
  std::filesystem::remove_all(folder_);
}

void World::Write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name) << text;
}

void World::WriteFiles() {
  CertificateSpec spec;
  spec.common_name = "localhost";
  spec.dns_sans = {"localhost"};
  spec.ip_sans = {"127.0.0.1"};
  const Certificate server = authority_.Issue(spec);
  Write("server.crt", server.certificate_pem);
  Write("server.key", server.private_key_pem);
  Write("ca.crt", authority_.certificate_pem());
  nlohmann::json keys = nlohmann::json::array();
  for (const SigningKey* key : {&key_, &rsa_key_, &ed_key_}) {
    keys.push_back(key->PublicJwk().value());
  }
  Write("jwks.json", nlohmann::json{{"keys", keys}}.dump());
  Write("policy.yaml", options_.policy.empty() ? kPolicy : options_.policy);
  // The id is asked for on every answer, unless a test has its own ideas of requests.
  const bool own = options_.extra_config.find("request:") != std::string::npos;
  std::string config = absl::StrCat(kConfig, options_.extra_config, own ? "" : kRequestConfig);
  for (const auto& [from, to] : options_.edit_config) {
    const size_t at = config.find(from);
    if (at == std::string::npos) throw std::runtime_error("no such text: " + from);
    config.replace(at, from.size(), to);
  }
  Write("warden.yaml", config);
}

absl::Status World::Start() {
  absl::StatusOr<LoadedConfig> config = LoadConfig((folder_ / "warden.yaml").string());
  if (!config.ok()) return config.status();
  ServerBuilder builder(*std::move(config));
  builder.AddListeningPort("127.0.0.1:0", &port_);
  if (options_.log_to_stderr) {
    // A server without a sink has that log.
  } else if (options_.record) {
    builder.SetDecisionSink(sink_);
  } else {
    builder.SetDecisionSink(
        std::make_shared<RefusalLog>(RefusalLogOptions{.write = [](std::string_view) {}}));
  }
  if (options_.register_probe) {
    probe_ = MakeProbe(options_.api, &runs_);
    builder.RegisterService(probe_.get());
  }
  if (options_.customize) options_.customize(builder);
  absl::StatusOr<std::unique_ptr<Server>> server = builder.BuildAndStart();
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> World::Connect(const Certificate* identity) const {
  return ConnectTo(port_, identity);
}

std::shared_ptr<grpc::Channel> World::ConnectTo(int port, const Certificate* identity,
                                                const std::string& authority) const {
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = authority_.certificate_pem();
  if (identity != nullptr) {
    ssl.pem_private_key = identity->private_key_pem;
    ssl.pem_cert_chain = identity->certificate_pem;
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  if (!authority.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::SslCredentials(ssl),
                                   arguments);
}

Certificate World::Identity(const std::string& spiffe_id) const {
  CertificateSpec spec;
  spec.uri_sans = {spiffe_id};
  return authority_.Issue(spec);
}

const std::shared_ptr<grpc::Channel>& World::channel() {
  if (channel_ == nullptr) {
    const Certificate identity = Identity("spiffe://probe.test/client");
    channel_ = Connect(&identity);
  }
  return channel_;
}

nlohmann::json World::Claims(const std::string& subject, const std::vector<std::string>& roles) {
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  return {{"iss", kIssuer}, {"sub", subject},   {"aud", kAudience},
          {"iat", now},     {"exp", now + 600}, {"roles", roles}};
}

std::string World::Token(const std::string& subject, const std::vector<std::string>& roles,
                         const std::function<void(nlohmann::json&)>& edit) const {
  nlohmann::json claims = Claims(subject, roles);
  if (edit) edit(claims);
  return key_.SignCompact({{"typ", "JWT"}}, claims.dump()).value();
}

RawCall World::Call(const std::string& method, const std::string& token, const std::string& body) {
  RawCall call{.method = "/warden.testing.v1.Probe/" + method, .messages = {body}};
  if (!token.empty()) call.metadata.emplace_back("authorization", "Bearer " + token);
  return call;
}

std::map<std::string, double> World::Metrics() const {
  std::map<std::string, double> samples;
  const std::string text = HttpGet(server_->metrics_port(), "/metrics");
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t space = line.rfind(' ');
    if (line.empty() || line[0] == '#' || space == absl::string_view::npos) continue;
    samples[std::string(line.substr(0, space))] = std::atof(line.data() + space + 1);
  }
  return samples;
}

double World::Decisions(const std::string& method, const std::string& reason) const {
  const std::string name = method == "unknown" ? method : "/warden.testing.v1.Probe/" + method;
  double total = 0;
  for (const auto& [sample, value] : Metrics()) {
    if (sample.rfind("warden_decisions_total{", 0) == 0 &&
        sample.find("method=\"" + name + "\"") != std::string::npos &&
        sample.find("reason=\"" + reason + "\"") != std::string::npos) {
      total += value;
    }
  }
  return total;
}

}  // namespace warden::testing
