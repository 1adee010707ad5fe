#include "interceptors/guard_limit_service.h"

#include <algorithm>
#include <atomic>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "authz/policy/access.h"

namespace warden {
namespace {

constexpr char kService[] = "limits.service";
constexpr absl::Duration kTimeout = absl::Milliseconds(100);

std::atomic<ConnectLimitService> connector{nullptr};

bool Uses(const GuardedMethod& method, Limit::Store store) {
  return std::any_of(method.limits.begin(), method.limits.end(),
                     [store](const Limit& limit) { return limit.store == store; });
}

void AddService(const LoadedConfig& config, std::string_view key, std::string_view what,
                ProblemList* problems) {
  problems->AddAt(config.places, ChildPath(kService, key), what);
}

bool IsAddress(std::string_view address) {
  if (address.starts_with("unix:")) return address.starts_with("unix:/");
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return false;
  std::string_view host = address.substr(0, colon);
  int port = 0;
  if (!absl::SimpleAtoi(std::string(address.substr(colon + 1)), &port) || port < 1 || port > 65535)
    return false;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return false;  // also what gRPC would take for another scheme, such as xds:///
  }
  return !host.empty() && host.find_first_of(" \t[]/,") == host.npos;
}

// The path of a PEM file with such a block; "" where none is named.
std::string ReadPem(const LoadedConfig& config, std::string_view key, const std::string& name,
                    std::string_view block, ProblemList* problems) {
  if (name.empty()) return "";
  const std::string path = ResolveFile(config, name);
  std::string pem;
  const absl::Status status = ReadBoundedFile(path, 1 << 20, &pem);
  if (!status.ok()) {
    AddService(config, key, std::string(status.message()), problems);
  } else if (pem.find("-----BEGIN ") == pem.npos || pem.find(block) == pem.npos) {
    AddService(config, key, absl::StrCat(path, ": holds no PEM block of a ", std::string(block)),
               problems);
  }
  std::fill(pem.begin(), pem.end(), '\0');
  return path;
}

RateLimitServiceOptions ReadService(const LoadedConfig& config, ProblemList* problems) {
  const v1::LimitsConfig& settings = config.config.limits();
  const v1::RateLimitServiceConfig& service = settings.service();
  RateLimitServiceOptions options;
  options.address = service.address();
  options.domain = service.domain();
  options.timeout = DurationOr(settings.has_store_timeout(), settings.store_timeout(), kTimeout);
  const bool in_range =
      options.timeout >= absl::Milliseconds(1) && options.timeout <= absl::Seconds(10);
  if (!in_range && !settings.has_redis()) {  // which says so itself
    problems->AddAt(config.places, "limits.store_timeout", "must be from 1ms to 10s");
  }
  if (options.address.empty()) {
    AddService(config, "address", "is required", problems);
  } else if (!IsAddress(options.address)) {
    AddService(config, "address", "must be HOST:PORT, [IPV6]:PORT or unix:/path", problems);
  }
  if (options.domain.empty()) AddService(config, "domain", "is required", problems);
  options.ca_file = ReadPem(config, "ca_file", service.ca_file(), "CERTIFICATE", problems);
  options.certificate_file =
      ReadPem(config, "certificate_file", service.certificate_file(), "CERTIFICATE", problems);
  options.private_key_file =
      ReadPem(config, "private_key_file", service.private_key_file(), "PRIVATE KEY", problems);
  if (options.certificate_file.empty() != options.private_key_file.empty()) {
    AddService(config, options.certificate_file.empty() ? "private_key_file" : "certificate_file",
               "certificate_file and private_key_file go together", problems);
  }
  if (options.ca_file.empty() && !options.certificate_file.empty()) {
    AddService(config, "certificate_file", "needs ca_file", problems);
  }
  return options;
}

}  // namespace

void CheckLimitService(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                       ProblemList* problems) {
  const bool configured = config.config.limits().has_service();
  for (const GuardedMethod& method : methods) {
    if (method.descriptor == nullptr || !Uses(method, Limit::Store::kService)) continue;
    const auto add = [&](std::string_view what) {
      problems->Add(PlaceOf(*method.descriptor),
                    absl::StrCat(std::string(method.descriptor->full_name()),
                                 ": rate_limit: store: ", std::string(what)));
    };
    if (!configured) add("SERVICE needs limits.service in the configuration");
    if (Uses(method, Limit::Store::kShared)) {
      add("SHARED and SERVICE cannot both be asked for one method");
    }
  }
  if (configured) ReadService(config, problems);
}

void UseLimitServiceClient(ConnectLimitService connect) { connector = connect; }

SharedLimits MakeLimitService(const LoadedConfig& config,
                              const std::deque<GuardedMethod>& methods) {
  const bool used = std::any_of(methods.begin(), methods.end(), [](const GuardedMethod& method) {
    return Uses(method, Limit::Store::kService);
  });
  const ConnectLimitService connect = connector;
  if (!used || connect == nullptr) return {};
  ProblemList none;
  return connect(ReadService(config, &none));
}

}  // namespace warden
