// What an AuditTrail is configured to.
#include <openssl/crypto.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/audit_trail.h"

namespace warden {
namespace {

constexpr uint64_t kLeastFileBytes = 16 << 10;
constexpr uint32_t kMostFiles = 1000;
constexpr uint32_t kMostQueued = 1 << 20;

WhenFull WhenFullOf(const v1::AuditConfig& audit) {
  switch (audit.when_full()) {
    case v1::AuditConfig::BLOCK:
      return WhenFull::kBlock;
    case v1::AuditConfig::REFUSE:
      return WhenFull::kRefuse;
    default:
      return WhenFull::kDrop;
  }
}

AuditSync SyncOf(const v1::AuditConfig& audit) {
  switch (audit.sync()) {
    case v1::AuditConfig::NEVER:
      return AuditSync::kNever;
    case v1::AuditConfig::EACH_RECORD:
      return AuditSync::kEachRecord;
    default:
      return AuditSync::kEachBatch;
  }
}

void CheckSettings(const LoadedConfig& config, ProblemList* problems) {
  const v1::AuditConfig& audit = config.config.audit();
  const auto problem = [&](const char* key, const std::string& what) {
    problems->AddAt(config.places, absl::StrCat("audit", *key == '\0' ? "" : ".", key), what);
  };
  if (audit.file().empty() && !audit.to_stdout() && !audit.to_syslog()) {
    problem("", "has no sink: set `file`, `to_stdout` or `to_syslog`");
  }
  if (audit.file().empty()) {
    const bool about_file = audit.max_file_bytes() != 0 || audit.max_files() != 0 ||
                            audit.sync() != v1::AuditConfig::SYNC_UNSPECIFIED;
    if (about_file)
      problem("", "max_file_bytes, max_files and sync are about `file`, which is not set");
  }
  if (audit.max_file_bytes() != 0 && audit.max_file_bytes() < kLeastFileBytes) {
    problem("max_file_bytes", absl::StrCat("must be at least ", kLeastFileBytes));
  }
  if (audit.max_files() > kMostFiles) {
    problem("max_files", absl::StrCat("must be at most ", kMostFiles));
  }
  if (audit.queue_records() > kMostQueued) {
    problem("queue_records", absl::StrCat("must be at most ", kMostQueued));
  }
  if (audit.sample_one_in() != 0 && audit.allowed() != v1::AuditConfig::SAMPLED) {
    problem("sample_one_in", "is only for `allowed: SAMPLED`");
  }
}

// Whether `pattern`, "/pkg.Service/Method" or "/pkg.Service/*", names the method.
bool Names(const std::string& pattern, const std::string& method) {
  if (pattern == method) return true;
  const size_t slash = pattern.size() - 1;
  return pattern.size() > 3 && pattern.compare(pattern.size() - 2, 2, "/*") == 0 &&
         method.compare(0, slash, pattern, 0, slash) == 0;
}

}  // namespace

void AuditTrail::ChooseMethods(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                               ProblemList* problems) {
  const v1::AuditConfig& audit = config.config.audit();
  Keep otherwise = Keep::kAll;
  if (audit.allowed() == v1::AuditConfig::SAMPLED) otherwise = Keep::kSampled;
  if (audit.allowed() == v1::AuditConfig::NONE) otherwise = Keep::kNone;
  if (audit.sample_one_in() != 0) sample_one_in_ = audit.sample_one_in();
  keep_.assign(methods.size(), otherwise);
  std::vector<int> chosen_by(methods.size(), 0);  // 0: nothing, 1: a service, 2: its own name
  std::vector<std::string> names;
  for (const GuardedMethod& method : methods) names.push_back(method.name);
  const auto choose = [&](const auto& patterns, const char* key, Keep keep) {
    for (int i = 0; i < patterns.size(); ++i) {
      bool found = false;
      for (const GuardedMethod& method : methods) {
        if (!Names(patterns[i], method.name)) continue;
        found = true;
        const int rank = patterns[i] == method.name ? 2 : 1;
        int& chosen = chosen_by[method.id];
        if (chosen == rank && keep_[method.id] != keep) {
          problems->AddAt(config.places, ItemPath(key, static_cast<size_t>(i)),
                          absl::StrCat(Quoted(method.name), " is in `always` as well"));
        }
        if (chosen > rank) continue;
        chosen = rank;
        keep_[method.id] = keep;
      }
      if (found) continue;
      problems->AddAt(config.places, ItemPath(key, static_cast<size_t>(i)),
                      absl::StrCat("no method of this server is ", Quoted(patterns[i]),
                                   Suggestion(patterns[i], names)));
    }
  };
  choose(audit.always(), "audit.always", Keep::kAll);
  choose(audit.never(), "audit.never", Keep::kNone);
}

std::unique_ptr<AuditTrail> AuditTrail::Create(const LoadedConfig& config,
                                               const std::deque<GuardedMethod>& methods,
                                               ProblemList* problems) {
  if (!config.config.has_audit()) return nullptr;
  const v1::AuditConfig& audit = config.config.audit();
  const size_t before = problems->size();
  std::unique_ptr<AuditTrail> trail(new AuditTrail);
  CheckSettings(config, problems);
  trail->ChooseMethods(config, methods, problems);
  AuditLogOptions options;
  if (!audit.file().empty()) options.file = ResolveFile(config, audit.file());
  options.to_stdout = audit.to_stdout();
  options.to_syslog = audit.to_syslog();
  if (audit.max_file_bytes() != 0) options.max_file_bytes = audit.max_file_bytes();
  if (audit.max_files() != 0) options.max_files = audit.max_files();
  if (audit.queue_records() != 0) options.queue_records = audit.queue_records();
  options.when_full = WhenFullOf(audit);
  options.sync = SyncOf(audit);
  if (!audit.chain_key_file().empty()) {
    const absl::Status read =
        ReadChainKey(ResolveFile(config, audit.chain_key_file()), &options.chain_key);
    if (!read.ok()) {
      problems->AddAt(config.places, "audit.chain_key_file", std::string(read.message()));
    }
  }
  if (problems->size() > before) return nullptr;
  absl::StatusOr<std::unique_ptr<AuditLog>> log = AuditLog::Open(options);
  OPENSSL_cleanse(options.chain_key.data(), options.chain_key.size());
  if (!log.ok()) {
    problems->AddAt(config.places, audit.file().empty() ? "audit" : "audit.file",
                    std::string(log.status().message()));
    return nullptr;
  }
  trail->place_ = config.places.Place("audit");
  trail->log_ = *std::move(log);
  return trail;
}

absl::Status AuditTrail::Start() {
  const absl::Status status = log_->Start();
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(place_, ": audit: cannot be written: ", status.message()));
}

}  // namespace warden
