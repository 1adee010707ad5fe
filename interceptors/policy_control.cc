#include "interceptors/policy_control.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/observe/operator_log.h"
#include "interceptors/problem_lines.h"

namespace warden {
namespace {

constexpr absl::Duration kDefaultInterval = absl::Seconds(5);

// A status of a policy, whose lines have their places already.
void AppendLines(const absl::Status& status, std::string* lines) {
  if (status.ok()) return;
  absl::StrAppend(lines, lines->empty() ? "" : "\n", status.message());
}

PolicyDemands DemandsOf(const v1::Config& config, const std::deque<GuardedMethod>& methods) {
  PolicyDemands demands{.has_api_keys = config.has_api_keys(), .methods = &methods};
  for (const v1::IssuerConfig& issuer : config.tokens().issuers()) {
    demands.issuers.push_back(issuer.issuer());
  }
  // It may well be the issuer of JWTs, too.
  const std::string& asked = config.tokens().introspection().issuer();
  if (!asked.empty() &&
      std::find(demands.issuers.begin(), demands.issuers.end(), asked) == demands.issuers.end()) {
    demands.issuers.push_back(asked);
  }
  return demands;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PolicySnapshot>> CompilePolicy(const std::string& text,
                                                                    const std::string& file_name,
                                                                    const PolicyDemands& demands) {
  const absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromYaml(text, file_name);
  if (!policy.ok()) return policy.status();
  std::vector<PolicyMethod> served;
  for (const GuardedMethod& method : *demands.methods) {
    served.push_back({.name = method.name, .access = &method.access});
  }
  std::string lines;
  AppendLines((*policy)->CheckIssuers(demands.issuers), &lines);
  AppendLines((*policy)->CheckApiKeys(demands.has_api_keys), &lines);
  AppendLines((*policy)->CheckDenials(served), &lines);
  ProblemList problems;
  std::shared_ptr<const PolicySnapshot> snapshot =
      PolicySnapshot::Make(*policy, *demands.methods, &problems);
  AppendLines(problems.ToStatus(), &lines);
  if (!lines.empty()) return absl::InvalidArgumentError(lines);
  return snapshot;
}

PolicyFile::PolicyFile(const std::string& path, const PolicyDemands& demands,
                       const std::shared_ptr<const PolicySnapshot>& first)
    : file_(path, YamlBounds().max_bytes,
            [path, demands](const std::string& bytes) {
              return CompilePolicy(bytes, path, demands);
            }),
      current_(first) {}

std::unique_ptr<PolicyFile> PolicyFile::Load(std::string path, const PolicyDemands& demands,
                                             std::string_view part, ProblemList* problems) {
  std::string text;
  const absl::Status read = ReadBoundedFile(path, YamlBounds().max_bytes, &text);
  if (!read.ok()) {
    AddLines(part, read, problems);
    return nullptr;
  }
  const absl::StatusOr<std::shared_ptr<const PolicySnapshot>> first =
      CompilePolicy(text, path, demands);
  if (!first.ok()) {
    AddLines(part, first.status(), problems);
    return nullptr;
  }
  return std::unique_ptr<PolicyFile>(new PolicyFile(path, demands, *first));
}

std::optional<absl::Status> PolicyFile::Look() {
  std::optional<absl::Status> news;
  try {
    news = file_.Look();
  } catch (const std::exception& error) {  // no memory, say: the last good policy stays
    news = absl::InternalError(error.what());
  }
  if (!news.has_value()) return std::nullopt;
  if (news->ok()) {
    const std::shared_ptr<const PolicySnapshot>& good = file_.good();
    // The first look finds what Load has found.
    const bool same = good->policy().sha256() == current()->policy().sha256();
    if (same && !failed_) return std::nullopt;
    if (!same) current_.Set(good);
  }
  failed_ = !news->ok();
  return news;
}

std::unique_ptr<PolicyControl> PolicyControl::Create(const LoadedConfig& config,
                                                     const std::deque<GuardedMethod>& methods,
                                                     ProblemList* problems) {
  const v1::PolicyConfig& settings = config.config.policy();
  const PolicyDemands demands = DemandsOf(config.config, methods);
  std::unique_ptr<PolicyControl> control(new PolicyControl);
  control->interval_ =
      DurationOr(settings.has_reload_interval(), settings.reload_interval(), kDefaultInterval);
  control->live_ = PolicyFile::Load(ResolveFile(config, config.config.policy_file()), demands,
                                    "policy", problems);
  if (!settings.shadow_file().empty()) {
    control->shadow_ = PolicyFile::Load(ResolveFile(config, settings.shadow_file()), demands,
                                        "shadow policy", problems);
  }
  return control->live_ == nullptr ? nullptr : std::move(control);
}

void PolicyControl::Start(const std::shared_ptr<Metrics>& metrics) {
  metrics->SetPolicy(live()->policy().sha256());
  if (has_shadow()) metrics->SetShadowPolicy(shadow()->policy().sha256());
  watch_ = std::make_unique<Periodic>(interval_, [this, metrics] { Look(*metrics); });
}

void PolicyControl::Look(Metrics& metrics) {
  const auto report = [&](const absl::Status& status, ReloadedFile kind, std::string_view part,
                          const std::string& sha256) {
    metrics.RecordReload(kind, status.ok(), absl::Now());
    std::string text = absl::StrCat("took up version ", sha256);
    if (!status.ok()) {
      text =
          absl::StrCat("not taken up, version ", sha256,
                       " stays in force: ", absl::StrReplaceAll(status.message(), {{"\n", "; "}}));
    }
    LogForOperator(part, text);
  };
  if (const auto news = live_->Look(); news.has_value()) {
    const std::shared_ptr<const PolicySnapshot> now = live();
    metrics.SetPolicy(now->policy().sha256());
    report(*news, ReloadedFile::kPolicy, "policy", now->policy().sha256());
  }
  if (!has_shadow()) return;
  if (const auto news = shadow_->Look(); news.has_value()) {
    const std::shared_ptr<const PolicySnapshot> now = shadow();
    metrics.SetShadowPolicy(now->policy().sha256());
    report(*news, ReloadedFile::kShadowPolicy, "shadow policy", now->policy().sha256());
  }
}

}  // namespace warden
